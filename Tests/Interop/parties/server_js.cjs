// A server of the TypeScript SDK. Its first argument is where Playwright's driver is, which brings the SDK along.
const { Server, StreamableHTTPServerTransport, SSEServerTransport, z } =
  require(process.argv[2] + '/package/lib/utilsBundle.js');
const http = require('http');
const { randomUUID } = require('crypto');

const say = (event, values) => process.stdout.write(JSON.stringify({ event, ...values }) + '\n');
const anything = z.looseObject({});
const text = (words) => ({ content: [{ type: 'text', text: words }] });
const kinds = { stateful: [false, false], 'stateful-json': [true, false], stateless: [false, true], 'stateless-json': [true, true] };
const audience = 'api://tools';

const claims = (headers) => {
  try {
    return JSON.parse(Buffer.from((headers.authorization ?? '').split('.')[1], 'base64url'));
  } catch {
    return {};
  }
};

const tools = {
  whoami: (_, { requestInfo }) => text(claims(requestInfo.headers).preferred_username),
  add: ({ a, b }) => ({ ...text(`${a + b}`), structuredContent: { sum: a + b } }),
  fail: () => ({ ...text('it broke'), isError: true }),
  async count({ to }, { progress }) {
    for (let step = 1; step <= to; step++) await progress(step, to, `step ${step}`);
    return text(`counted to ${to}`);
  },
  async narrate({ lines }, { sendNotification }) {
    for (let line = 0; line < lines; line++)
      await sendNotification({ method: 'notifications/message', params: { level: 'info', data: `line ${line}` } });
    return text('told');
  },
  async ask(_, { sendRequest }) {
    const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
    const params = { message: 'Who are you?', requestedSchema: schema };
    return text(`you are ${(await sendRequest({ method: 'elicitation/create', params }, anything)).content.name}`);
  },
  async sample(_, { sendRequest }) {
    const messages = [{ role: 'user', content: { type: 'text', text: 'Say a word.' } }];
    const answer = await sendRequest({ method: 'sampling/createMessage', params: { messages, maxTokens: 9 } }, anything);
    return text(`sampled ${answer.content.text}`);
  },
  async roots(_, { sendRequest }) {
    return text((await sendRequest({ method: 'roots/list' }, anything)).roots.map((root) => root.uri).join(' '));
  },
  large: ({ size }) => text('x'.repeat(size)),
  async wait(_, { signal, progress }) {
    const cancelled = new Promise((resolve) => signal.addEventListener('abort', resolve));
    await progress(1, 2, 'waiting');
    await cancelled;
    say('cancelled');
    return text('too late');
  },
  async change(_, { server }) {
    await server.notification({ method: 'notifications/tools/list_changed' });
    await server.notification({ method: 'notifications/resources/updated', params: { uri: 'memo://one' } });
    return text('changed');
  },
  async linger(_, { progress, gate }) {
    await progress(1, 2, 'before');
    await gate.opened;
    await progress(2, 2, 'after');
    return text('resumed');
  },
  proceed(_, { gate }) {
    gate.open();
    return text('opened');
  },
  async pause(_, { progress, closeSSEStream }) {
    await progress(1, 2, 'before');
    closeSSEStream?.();
    await progress(2, 2, 'after');
    return text('resumed');
  },
};

const methods = {
  'tools/list': () => ({ tools: Object.keys(tools).map((name) => ({ name, inputSchema: { type: 'object' } })) }),
  'tools/call'({ name, arguments: given, _meta }, extra) {
    if (!(name in tools)) throw Object.assign(new Error(`Unknown tool: ${name}`), { code: -32602 });
    const progressToken = _meta?.progressToken;
    const progress = (step, total, message) =>
      progressToken === undefined ? undefined
        : extra.sendNotification({ method: 'notifications/progress', params: { progressToken, progress: step, total, message } });
    return tools[name](given ?? {}, { ...extra, progress });
  },
  'resources/read'({ uri }) {
    if (uri === 'memo://one') return { contents: [{ uri, text: 'a memo' }] };
    throw Object.assign(new Error('Resource not found'), { code: -32002, data: { uri } });
  },
};

const make = () => {
  const gate = {};
  gate.opened = new Promise((resolve) => (gate.open = resolve));
  const capabilities = { tools: { listChanged: true }, resources: {}, logging: {} };
  const server = new Server({ name: 'interop', version: '1' }, { capabilities, instructions: 'Call the tools.' });
  server.fallbackRequestHandler = ({ method, params }, extra) => {
    if (!(method in methods)) throw Object.assign(new Error('Method not found'), { code: -32601 });
    return methods[method](params ?? {}, { ...extra, server, gate });
  };
  return server;
};

class Memory {
  events = [];
  async storeEvent(streamId, message) {
    this.events.push([streamId, message]);
    return `${this.events.length}`;
  }
  async replayEventsAfter(last, { send }) {
    const [stream] = this.events[last - 1];
    const missed = this.events.map((event, index) => [`${index + 1}`, ...event]).slice(last);
    for (const [id, of, message] of missed) if (of === stream && Object.keys(message).length) await send(id, message);
    return stream;
  }
}

const sessions = new Map();

const streamable = async (request, response, kind, body) => {
  const [enableJsonResponse, stateless] = kinds[kind];
  const known = sessions.get(request.headers['mcp-session-id']);
  if (known) return known.handleRequest(request, response, body);
  if (request.headers['mcp-session-id'] && !stateless) {
    const error = { code: -32001, message: 'Session not found' };
    return response.writeHead(404, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', error, id: null }));
  }
  if (stateless && request.method !== 'POST') return response.writeHead(405, { allow: 'POST' }).end();
  const transport = new StreamableHTTPServerTransport({
    enableJsonResponse,
    sessionIdGenerator: stateless ? undefined : randomUUID,
    eventStore: stateless || enableJsonResponse ? undefined : new Memory(),
    retryInterval: 10,
    onsessioninitialized: (id) => sessions.set(id, transport),
    onsessionclosed: (id) => sessions.delete(id),
  });
  await make().connect(transport);
  await transport.handleRequest(request, response, body);
};

const sse = async (request, response, url, body) => {
  if (request.method === 'GET') {
    const transport = new SSEServerTransport('/messages', response);
    sessions.set(transport.sessionId, transport);
    return make().connect(transport);
  }
  await sessions.get(url.searchParams.get('sessionId')).handlePostMessage(request, response, body);
};

const listener = http.createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  const begin = response.writeHead;
  response.writeHead = function (status, ...rest) {
    say('http', { method: request.method, path: url.pathname, fields: request.headers, body, status, audience: claims(request.headers).aud });
    return begin.call(this, status, ...rest);
  };
  if (claims(request.headers).aud !== audience) return response.writeHead(401).end();
  let parsed;
  try {
    parsed = body ? JSON.parse(body) : undefined;
  } catch {
    return response.writeHead(400).end();
  }
  const name = url.pathname.split('/')[1];
  await (name in kinds ? streamable(request, response, name, parsed) : sse(request, response, url, parsed));
});
listener.listen(0, '127.0.0.1', 512, () => say('listening', { port: listener.address().port }));
process.stdin.on('end', () => process.exit(0)).resume();
