// Translate with a file that `s2s export` wrote: the graph decodes, onnxruntime-node is all it needs.

const { statSync } = require("node:fs");
const readline = require("node:readline");
const ort = require("onnxruntime-node");
const { feedOf } = require("./settings.js");

const USAGE = `usage: node translate.js MODEL [--SETTING=VALUE]... [TEXT]...
Translates each TEXT, or each line of standard input, with a MODEL that \`s2s export\` wrote.`;

/** The best text and its score for each text, one after the other. */
async function* translate(path, given, texts) {
  const session = await open(path);
  const settings = feedOf(
    session.inputMetadata.filter(({ name }) => name !== "source"),
    given,
  );
  for await (const text of texts) {
    const source = new ort.Tensor("string", [text], [1]);
    const found = await session.run({ source, ...settings }, ["text", "scores"]);
    yield [found.text.data[0], found.scores.data[0]];
  }
}

async function open(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile()) {
    const why = found?.isDirectory() ? "is a folder" : "does not exist";
    throw new Error(`MODEL must be a file that \`s2s export\` wrote; "${path}" ${why}`);
  }
  const session = await ort.InferenceSession.create(path, { logSeverityLevel: 3 });
  if (session.inputNames.includes("source_ids") && session.outputNames.includes("ids")) {
    throw new Error(`${path} takes ids, not text; export it with --input text`);
  }
  if (!session.inputNames.includes("source") || !session.outputNames.includes("scores")) {
    throw new Error(`${path} is not a file that \`s2s export\` wrote for translating`);
  }
  return session;
}

/** Path, settings by name as texts, and the texts to translate. */
function read(words) {
  const given = {};
  words.forEach((word, i) => {
    if (!word.startsWith("--")) return;
    const [name, value] = word.slice(2).split(/=(.*)/s);
    const next = /^(?!--)\S+$/.test(words[i + 1] ?? "") ? words[i + 1] : "VALUE";
    if (value === undefined) throw new Error(`--${name} has no value; write --${name}=${next}`);
    given[name] = value;
  });
  const [path, ...texts] = words.filter((word) => !word.startsWith("--"));
  if (path === undefined) throw new Error("MODEL is missing; --help shows where it stands");
  return { path, given, texts };
}

/** Lines of standard input, from when the first is asked for: readline drops what comes while nobody listens. */
async function* readLines() {
  yield* readline.createInterface({ input: process.stdin });
}

async function main(words) {
  if (words.includes("--help")) return console.log(USAGE);
  if (words.length === 0) return fail(USAGE);
  try {
    const { path, given, texts } = read(words);
    const best = translate(path, given, texts.length ? texts : readLines());
    for await (const [text, score] of best) console.log(`${text}\t${score.toFixed(6)}`);
  } catch (error) {
    fail(`translate.js: ${error.message.split("\n")[0]}`);
  }
}

function fail(message) {
  console.error(message);
  process.exitCode = 2;
}

main(process.argv.slice(2));
