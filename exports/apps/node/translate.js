// Translate with a file that `s2s export` wrote: node translate.js MODEL [--SETTING=VALUE]... [TEXT]...

const readline = require("node:readline");
const ort = require("onnxruntime-node");

// JavaScript can't read the file's metadata, where its own defaults are.
const DEFAULTS = {
  prefix: "",
  max_length: 100,
  min_length: 0,
  length_penalty: 0,
  temperature: 1,
  top_k: 0,
  top_p: 1,
  seed: 1,
};

/** A setting as the graph wants it: one string for the batch, or a scalar. */
function tensor(name, type, value) {
  if (type === "string") return new ort.Tensor(type, [value], [1]);
  const number = Number(value);
  const isInteger = type === "int64";
  if (value === "" || !(isInteger ? Number.isSafeInteger(number) : Number.isFinite(number))) {
    throw new Error(`--${name} takes ${isInteger ? "an integer" : "a number"}, given "${value}"`);
  }
  return new ort.Tensor(type, isInteger ? BigInt64Array.of(BigInt(number)) : Float32Array.of(number), []);
}

/** A tensor for each setting that the file takes: what was given, else a default. */
function settingsOf(session, given) {
  const settings = session.inputMetadata.filter(({ name }) => name !== "source");
  const names = settings.map(({ name }) => name);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const known = names.join(", ") || "none (export with --settings required)";
    throw new Error(`no setting "${unknown}"; there are: ${known}`);
  }
  const values = { ...DEFAULTS, ...given };
  const missing = names.find((name) => !(name in values));
  if (missing !== undefined) throw new Error(`this file needs --${missing}=VALUE`);
  return Object.fromEntries(settings.map(({ name, type }) => [name, tensor(name, type, values[name])]));
}

async function main(path, ...rest) {
  if (!path) throw new Error("give a model: node translate.js MODEL [--SETTING=VALUE]... [TEXT]...");
  const options = rest.filter((argument) => argument.startsWith("--"));
  const given = Object.fromEntries(options.map((option) => option.slice(2).split(/=(.*)/s)));
  const session = await ort.InferenceSession.create(path, { logSeverityLevel: 3 });
  const settings = settingsOf(session, given);
  const texts = rest.filter((argument) => !argument.startsWith("--"));
  for await (const text of texts.length ? texts : readline.createInterface({ input: process.stdin })) {
    const source = new ort.Tensor("string", [text], [1]);
    const found = await session.run({ source, ...settings }, ["text", "scores"]);
    console.log(`${found.text.data[0]}\t${found.scores.data[0].toFixed(6)}`);
  }
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 2;
});
