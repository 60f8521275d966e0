// The settings of a file, from the command line: read, checked and made tensors.

const { Tensor } = require("onnxruntime-node");

// JavaScript can't read the file's metadata, where its own defaults are, and the graph checks nothing.
const KNOWN = {
  prefix: { preset: "" },
  max_length: { preset: 100, must: "an integer of at least 1", fits: (value) => value >= 1 },
  min_length: { preset: 0, must: "an integer of at least 0", fits: (value) => value >= 0 },
  length_penalty: { preset: 0, must: "a number of at least 0", fits: (value) => value >= 0 },
  temperature: { preset: 1, must: "a number above 0", fits: (value) => value > 0 },
  top_k: { preset: 0, must: "an integer of at least 0", fits: (value) => value >= 0 },
  top_p: { preset: 1, must: "a number above 0 and at most 1", fits: (value) => value > 0 && value <= 1 },
  seed: { preset: 1, must: `an integer from 0 to ${2 ** 31 - 1}`, fits: (value) => value >= 0 && value < 2 ** 31 },
};

/** A tensor for each of `inputs`, which have a name and a type: what was given as text, else a default. */
function feedOf(inputs, given) {
  const names = inputs.map(({ name }) => name);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const known = names.join(", ") || "none (export with --settings required)";
    throw new Error(`no setting "${unknown}"; there are: ${known}`);
  }
  return Object.fromEntries(inputs.map(({ name, type }) => [name, tensor(name, type, given[name])]));
}

/** A setting as the graph wants it: one string for the batch, or a scalar. */
function tensor(name, type, text) {
  const isInteger = type === "int64";
  const { preset, must = isInteger ? "an integer" : "a number", fits = () => true } = KNOWN[name] ?? {};
  const value = text ?? preset;
  if (value === undefined) throw new Error(`this file needs --${name}=VALUE`);
  if (type === "string") return new Tensor(type, [value], [1]);
  const number = String(value).trim() === "" ? NaN : isInteger ? Number(value) : Math.fround(value);
  if (!(isInteger ? Number.isSafeInteger(number) : Number.isFinite(number)) || !fits(number)) {
    throw new Error(`--${name} must be ${must}, given "${value}"`);
  }
  return new Tensor(type, isInteger ? BigInt64Array.of(BigInt(number)) : Float32Array.of(number), []);
}

module.exports = { feedOf };
