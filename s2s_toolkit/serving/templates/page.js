
const page = Object.fromEntries(Array.from(document.querySelectorAll("[id]"), (found) => [found.id, found]));
const SIGNS = { " ": "␣", "\t": "␉", "\n": "␊", "\r": "␍", "\u00a0": "␣", "\u3000": "␣", "</s>": "end" };
const SMALLEST = 0.05; // a smaller weight is told by its colour and its title alone

function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A symbol as a label: what can't be seen gets a sign, the end its name. */
function shown(symbol) {
  return SIGNS[symbol] ?? Array.from(symbol, (character) => SIGNS[character] ?? character).join("");
}

function heading(symbol, scope) {
  const label = shown(symbol);
  const className = scope === "col" && Array.from(label).length > 3 ? "long" : "";
  return make("th", { scope, className, title: label }, make("span", { textContent: label }));
}

function cell(weight, pair) {
  const percent = Math.round(100 * weight);
  const made = make("td", { title: `${pair}: ${percent} %` });
  made.style.setProperty("--weight", weight);
  if (weight >= SMALLEST) made.textContent = percent;
  return made;
}

/** The weights of a translation: target symbols down, source symbols across. */
function heatMap({ symbols, source_symbols: sources, attention }) {
  const head = make("tr", {}, make("td"), ...sources.map((source) => heading(source, "col")));
  const rows = symbols.map((symbol, target) => {
    const cells = sources.map((source, number) => cell(attention[target][number], `${shown(symbol)} ← ${shown(source)}`));
    return make("tr", {}, heading(symbol, "row"), ...cells);
  });
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}

function show(translation) {
  page.result.textContent = translation.text;
  page.score.textContent = translation.score.toFixed(3);
  page.others.replaceChildren(...translation.alternatives.map(({ text }) => make("li", {}, make("bdi", { textContent: text }))));
  page.found.hidden = false;
  page.attention.hidden = !translation.attention;
  if (translation.attention) page.map.replaceChildren(heatMap(translation));
}

async function translate(text) {
  const body = JSON.stringify({ texts: [text], attention: true });
  const answer = await fetch("translate", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const content = await answer.json().catch(() => ({ error: `the service answered with ${answer.status}` }));
  if (!answer.ok) throw new Error(content.error);
  return content.translations[0];
}

let newest = 0; // the number of what was asked last: answers that come after it are old

page.form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const number = (newest += 1);
  const isNewest = () => number === newest;
  page.translate.ariaBusy = "true";
  try {
    const translation = await translate(page.text.value);
    if (!isNewest()) return;
    show(translation);
    page.error.textContent = "";
  } catch (error) {
    if (isNewest()) page.error.textContent = error instanceof TypeError ? "the service can't be reached" : error.message;
  } finally {
    if (isNewest()) page.translate.ariaBusy = "false";
  }
});
