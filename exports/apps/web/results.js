// What the model found for one source: the chosen result, the others to choose from, and the attention.

import { drawAttention, END, shown } from "./attention.js";
import { make, page } from "./dom.js";

/** Show a translation, its first result in front. */
export function drawResults({ results, sourceSymbols }, { ordered }) {
  page.result.hidden = false;
  page.alternatives.hidden = results.length === 1;
  page.legend.textContent = ordered ? `${results.length} results, best first` : `${results.length} samples`;
  const choose = (result) => drawResult(result, sourceSymbols);
  page.choices.replaceChildren(...results.map((result, number) => choice(result, number, choose)));
  choose(results[0]);
}

function drawResult({ text, score, probability, symbols = [text], probabilities, attention }, sourceSymbols) {
  page.text.textContent = text || "(an empty text)";
  const squares = symbols.filter((symbol) => symbol !== END).map((symbol, t) => square(symbol, probabilities?.[t]));
  page.symbols.replaceChildren(...squares);
  page.score.textContent = percent(probability);
  page.score.title = logarithm(score);
  page["cut-off"].hidden = symbols.includes(END);
  page.attention.hidden = !attention;
  if (attention) drawAttention(page.map, symbols, sourceSymbols, attention);
}

function choice(result, number, choose) {
  const input = make("input", { type: "radio", name: "result", id: `result-${number}`, checked: number === 0 });
  input.addEventListener("change", () => choose(result));
  const text = make("bdi", { textContent: result.text || "(an empty text)" });
  const title = logarithm(result.score);
  const score = make("span", { className: "score", textContent: percent(result.probability), title });
  return make("li", {}, input, make("label", { htmlFor: input.id }, text, score));
}

function square(symbol, probability = 1) {
  const made = make("span", { textContent: shown(symbol), title: `${Math.round(100 * probability)} % sure` });
  made.style.setProperty("--probability", probability.toFixed(3));
  return made;
}

function percent(probability) {
  const value = 100 * probability;
  return value < 0.01 ? "under 0.01 %" : `${value.toFixed(value < 1 ? 2 : 1)} %`;
}

function logarithm(score) {
  return `score ${score.toFixed(3).replace("-", "\u2212")}, a natural logarithm`;
}
