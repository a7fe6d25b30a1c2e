// yaml-language-server, the one that most editors run, in a process of its own and spoken to as an editor does: JSON-RPC over
// its standard streams. It never asks the network: its catalogue of schemas is off, and the schemas that it is given are files.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

type Json = Record<string, unknown>;

export interface Place {
  readonly line: number;
  readonly character: number;
}

export interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: Place; readonly end: Place };
}

export interface CompletionItem {
  readonly label: string;
  readonly documentation?: unknown;
}

interface Message extends Json {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Json & { uri?: string; items?: { section: string }[] };
  readonly result?: unknown;
}

const LIMIT_MS = 30_000;

export class LanguageServer {
  readonly #child: ChildProcess;
  readonly #settings: Json;
  readonly #waiting = new Map<number | string, (value: never) => void>();
  #received: Buffer = Buffer.alloc(0);
  #last = 0;

  /** `schemas`: a schema's address to the names of files it is for. */
  constructor(schemas: Readonly<Record<string, string>>) {
    const manifest = createRequire(import.meta.url).resolve('yaml-language-server/package.json');
    const command = join(dirname(manifest), 'bin/yaml-language-server');
    this.#settings = {
      yaml: { validate: true, hover: true, completion: true, schemaStore: { enable: false }, schemas },
    };
    this.#child = spawn(process.execPath, [command, '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child.stdout?.on('data', (data: Buffer) => this.#receive(data));
  }

  async start(): Promise<this> {
    const textDocument = { hover: { contentFormat: ['markdown'] }, completion: {}, publishDiagnostics: {} };
    const capabilities = { workspace: { configuration: true }, textDocument };
    await this.#ask('initialize', { processId: process.pid, rootUri: null, capabilities });
    this.#send({ method: 'initialized', params: {} });
    this.#send({ method: 'workspace/didChangeConfiguration', params: { settings: this.#settings } });
    return this;
  }

  /** Opens a document; what is wrong with it, in no order. */
  async open(uri: string, text: string): Promise<Diagnostic[]> {
    const published = this.#wait<Diagnostic[]>(uri);
    this.#send({
      method: 'textDocument/didOpen',
      params: { textDocument: { uri, languageId: 'yaml', version: 1, text } },
    });
    return published;
  }

  async complete(uri: string, position: Place): Promise<CompletionItem[]> {
    const params = { textDocument: { uri }, position };
    return (await this.#ask<{ items: CompletionItem[] }>('textDocument/completion', params)).items;
  }

  /** What it shows over a place, as markdown. */
  async hover(uri: string, position: Place): Promise<string> {
    const params = { textDocument: { uri }, position };
    return (await this.#ask<{ contents: { value: string } }>('textDocument/hover', params)).contents.value;
  }

  async stop(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.kill();
    await closed;
  }

  #ask<T>(method: string, params: Json): Promise<T> {
    this.#last += 1;
    const answer = this.#wait<T>(this.#last);
    this.#send({ id: this.#last, method, params });
    return answer;
  }

  #wait<T>(key: number | string): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the language server said nothing of ${key}`)), LIMIT_MS);
      this.#waiting.set(key, (value) => {
        clearTimeout(late);
        this.#waiting.delete(key);
        resolve(value);
      });
    });
  }

  #send(message: Json): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#child.stdin?.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  #receive(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    for (let message = this.#take(); message !== undefined; message = this.#take()) this.#handle(message);
  }

  /** The next whole message. */
  #take(): Message | undefined {
    const head = this.#received.indexOf('\r\n\r\n');
    const length = Number(/Content-Length: (\d+)/i.exec(this.#received.toString('latin1', 0, Math.max(0, head)))?.[1]);
    if (head < 0 || this.#received.length < head + 4 + length) return undefined;
    const text = this.#received.toString('utf8', head + 4, head + 4 + length);
    this.#received = this.#received.subarray(head + 4 + length);
    return JSON.parse(text) as Message;
  }

  #handle({ id, method, params, result }: Message): void {
    if (method === 'workspace/configuration') {
      const sections = params?.items?.map(({ section }) => this.#settings[section] ?? {});
      this.#send({ id, result: sections });
    } else if (method === 'textDocument/publishDiagnostics') {
      this.#waiting.get(params?.uri ?? '')?.(params?.diagnostics as never);
    } else if (method !== undefined && id !== undefined) this.#send({ id, result: null });
    else if (id !== undefined) this.#waiting.get(id)?.(result as never);
  }
}
