/** The code that is held to its quality: what was released, and what is proposed. */
export const released = (text: string): boolean => /free/i.test(text);
export const proposed = (text: string): boolean => /free|prize|offer|winner/i.test(text);
