import { bundle } from "./bundle.ts";

/** Brings the code in `dist` in step with the sources before the first test; a second where they differ. Types are left to `npm run build`. */
export const setup = (): Promise<void> => bundle();
