// Attention as a table: target symbols down, source symbols across, each cell as deep in colour as its weight.

import { make } from "./dom.js";

const SIGNS = { " ": "␣", "\t": "␉", "\n": "␊", "\r": "␍", "\u00a0": "␣", "\u3000": "␣" };
const DEEP = 0.66; // where a number on this ink is read as well in black as in white, in both colour schemes
const SMALLEST_NUMBER = 0.05; // a smaller weight is told by its colour and its title alone

/** A symbol as a label: what can't be seen gets a sign. */
export function shown(symbol) {
  return Array.from(symbol, (character) => SIGNS[character] ?? character).join("");
}

/** Replace what is in `place` with the table of one result; `weights` has a row for each target symbol. */
export function drawAttention(place, targets, sources, weights) {
  const head = make("tr", {}, make("td"), ...sources.map((source) => heading(source, "col")));
  const rows = targets.map((target, t) => {
    const cells = sources.map((source, s) => cell(weights[t][s], `${shown(target)} ← ${shown(source)}`));
    return make("tr", {}, heading(target, "row"), ...cells);
  });
  place.replaceChildren(make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
  bringIntoView(place, rows[0].cells[1 + weights[0].indexOf(Math.max(...weights[0]))]);
}

/** Scroll sideways, where the table is too wide, so that the eye meets ink. */
function bringIntoView(place, cell) {
  place.scrollLeft = cell.offsetLeft + cell.offsetWidth - place.clientWidth;
}

function heading(symbol, scope) {
  // Long symbols of the columns read downwards, so that columns stay narrow.
  const className = Array.from(symbol).length > 2 ? "long" : "";
  return make("th", { scope, className }, make("span", { textContent: shown(symbol) }));
}

function cell(weight, pair) {
  const percent = Math.round(100 * weight);
  const made = make("td", { className: weight > DEEP ? "weight deep" : "weight", title: `${pair}: ${percent} %` });
  made.style.setProperty("--weight", weight.toFixed(3));
  if (weight >= SMALLEST_NUMBER) made.textContent = percent;
  return made;
}
