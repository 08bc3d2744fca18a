// Formatted numbers, and elements with text.

export function bytes(amount) {
  if (amount == null) return '–';
  let value = amount, unit = 0;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit++; }
  return `${Number.isInteger(value) || value >= 100 ? Math.round(value) : value.toPrecision(3)} ${units[unit]}`;
}

export const count = number => Number(number).toLocaleString('en');

export const seconds = value => value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`;

/** Makes an element whose text is never parsed as HTML. */
export function make(tag, text = '', name = '') {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  if (name) made.className = name;
  return made;
}
