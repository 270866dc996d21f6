/** How a piece of text is shown on a terminal. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** Puts styles around text; without colour it returns the text as it is. */
export type Paint = (text: string, ...styles: readonly Style[]) => string;

/** A painter for a terminal that shows colour, or for one that does not. */
export function painter(options: { readonly color: boolean }): Paint {
  if (!options.color) return (text) => text;
  return (text, ...styles) => {
    if (text === '') return text;
    const on = styles.map((style) => `\u001b[${CODES[style][0]}m`).join('');
    const off = styles.map((style) => `\u001b[${CODES[style][1]}m`).join('');
    return `${on}${text}${off}`;
  };
}
