// One exported model: open it, run it, read its outputs. docs/onnx_format.md says what they hold.

import { download } from "./download.js";

const RUNTIME = new URL("./node_modules/onnxruntime-web/dist/", import.meta.url);
const NO_TARGET = -1e20; // a score below it stands for no target: fewer exist than the file has results for
const WANTED = ["text", "scores", "symbols", "token_log_probs", "attention", "source_symbols"];

let runtime; // onnxruntime itself, which the first model brings

/** Open the model at a URL; `watch` has `report`, for progress, and `signal`, to give up. */
export async function openModel(url, watch) {
  runtime ??= await loadRuntime(watch);
  const bytes = await download(url, watch);
  const session = await createSession(bytes);
  const complaint = whyUnfit(session);
  if (!complaint) return new Model(runtime, session);
  await session.release();
  throw new Error(complaint);
}

async function createSession(bytes) {
  try {
    return await runtime.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  } catch (error) {
    throw new Error(`This model can't be opened: ${error.message ?? error}`);
  }
}

/** What keeps this page from using a model, or nothing. */
function whyUnfit({ inputNames, outputNames }) {
  if (inputNames.includes("source_ids")) return "This model takes ids, not text. Export it with --input text.";
  if (inputNames.includes("source") && outputNames.includes("scores")) return "";
  return "This is not a file that s2s export wrote for translating.";
}

async function loadRuntime(watch) {
  let ort;
  try {
    ort = await import(new URL("ort.wasm.bundle.min.mjs", RUNTIME));
  } catch {
    throw new Error("onnxruntime-web is missing: run `npm ci` in the folder of this page.");
  }
  ort.env.wasm.numThreads = 1; // more need headers that few servers send
  ort.env.wasm.wasmBinary = await download(new URL("ort-wasm-simd-threaded.wasm", RUNTIME), watch);
  return ort;
}

class Model {
  constructor(ort, session) {
    this.ort = ort;
    this.session = session;
    this.outputs = WANTED.filter((name) => session.outputNames.includes(name));
    /** What can be fed beside the source: name and type ("string", "int64", "float32") of each. */
    this.settings = session.inputMetadata.filter(({ name }) => name !== "source");
  }

  /** Translate one text: its source symbols, and N results of which each has what the file gives. */
  async translate(text, values) {
    const feeds = { source: this.#tensor("string", text) };
    for (const { name, type } of this.settings) feeds[name] = this.#tensor(type, values[name]);
    const found = await this.session.run(feeds, this.outputs);
    return { sourceSymbols: found.source_symbols?.data, results: readResults(found) };
  }

  close() {
    return this.session.release();
  }

  #tensor(type, value) {
    if (type === "string") return new this.ort.Tensor(type, [value], [1]);
    if (type === "int64") return new this.ort.Tensor(type, BigInt64Array.of(BigInt(value)), []);
    return new this.ort.Tensor(type, Float32Array.of(Number(value)), []);
  }
}

/** Cut the outputs for one source, which have N and then T on their axes, into results. */
function readResults({ text, scores, symbols, token_log_probs: logProbs, attention }) {
  const results = Array.from(text.data, (value, n) => {
    const score = scores.data[n];
    const result = { text: value, score, probability: Math.exp(score) };
    if (!symbols) return result;
    const first = n * symbols.dims[2]; // where the steps of this result begin
    const steps = symbols.data.slice(first, first + symbols.dims[2]).filter((symbol) => symbol !== "");
    result.symbols = steps;
    if (logProbs) {
      const known = Array.from(logProbs.data.subarray(first, first + steps.length));
      result.probabilities = known.map(Math.exp);
      // The score is no probability where beam search penalised it.
      result.probability = Math.exp(known.reduce((sum, one) => sum + one, 0));
    }
    if (attention) result.attention = steps.map((_, t) => row(attention, first + t));
    return result;
  });
  return results.filter(({ score }) => score > NO_TARGET);
}

function row({ data, dims }, number) {
  const width = dims.at(-1);
  return data.subarray(number * width, (number + 1) * width);
}
