// The page's elements, by id, and a short way to make new ones.

export const page = Object.fromEntries(Array.from(document.querySelectorAll("[id]"), (found) => [found.id, found]));

export function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
