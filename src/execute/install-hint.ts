/**
 * What to do about a package that Node, or esbuild, does not find from the file that imports it; nothing for other messages, and paths.
 *
 * @example installHint("Cannot find package 'zod' imported from /x.mjs") // => "Install it where the file is, if it is a package: npm install zod"
 * @example installHint('Could not resolve "./x.ts"') // => undefined
 */
export function installHint(message: string): string | undefined {
  const found =
    /^(?:Cannot find (?:package|module)|Could not resolve) ['"]((?:@[\w.-]+\/)?\w[\w.-]*)(?:\/[^'"\n]*)?['"]/.exec(
      message,
    );
  return found ? `Install it where the file is, if it is a package: npm install ${found[1]}` : undefined;
}
