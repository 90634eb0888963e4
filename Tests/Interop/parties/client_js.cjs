// The client of the TypeScript SDK. Its first argument is where Playwright's driver is, which brings the SDK along.
const { Client, StreamableHTTPClientTransport, SSEClientTransport, z } =
  require(process.argv[2] + '/package/lib/utilsBundle.js');
const lines = require('readline').createInterface({ input: process.stdin });

const say = (values) => process.stdout.write(JSON.stringify(values) + '\n');
const anything = z.looseObject({});
const connections = new Map();
const calls = new Map();

const answers = {
  'elicitation/create': ({ requestedSchema: { properties } }) =>
    ({ action: 'accept', content: Object.fromEntries(Object.keys(properties).map((name) => [name, 'Ada'])) }),
  'sampling/createMessage': () => ({ role: 'assistant', model: 'none', content: { type: 'text', text: 'lighthouse' } }),
  'roots/list': () => ({ roots: [{ uri: 'file:///home/ada' }] }),
  ping: () => ({}),
};

const commands = {
  async connect({ connection: name, url, transport: kind, token }) {
    const made = { token, gone: false };
    const tell = (event, values) => say({ connection: name, event, ...values });
    const fetching = async (input, init = {}) => {
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${made.token}`);
      const response = await fetch(input, { ...init, headers });
      tell('http', { method: init.method ?? 'GET', status: response.status, fields: Object.fromEntries(response.headers) });
      return response;
    };
    const Transport = kind === 'sse' ? SSEClientTransport : StreamableHTTPClientTransport;
    made.transport = new Transport(new URL(url), { fetch: fetching, eventSourceInit: { fetch: fetching } });
    made.client = new Client({ name: 'interop', version: '1' },
      { capabilities: { elicitation: { form: {} }, sampling: {}, roots: {} } });
    made.client.fallbackRequestHandler = async (request) => {
      if (request.method !== 'roots/list') tell('asked', request.params);
      return answers[request.method](request.params);
    };
    made.client.fallbackNotificationHandler = async ({ method, params }) => {
      if (method === 'notifications/message') tell('log', params);
      else if (method !== 'notifications/progress') tell('notification', { method, params: params ?? null });
    };
    connections.set(name, made);
    await made.client.connect(made.transport, { timeout: 20000 });
    // The SDK loses progress that comes in one read with the result, with and without a proxy; so it is heard here.
    const taking = made.transport.onmessage;
    made.transport.onmessage = (said, extra) => {
      const { progress, total, message } = said.params ?? {};
      if (said.method === 'notifications/progress') tell('progress', { step: [progress, total, message] });
      taking(said, extra);
    };
    return {
      server: made.client.getServerVersion().name,
      protocol: made.transport.protocolVersion,
      instructions: made.client.getInstructions(),
      capabilities: made.client.getServerCapabilities(),
    };
  },
  async close({ connection: name }) {
    const { client, transport } = connections.get(name);
    connections.delete(name);
    await transport.terminateSession?.();
    await client.close();
    return null;
  },
  async renew({ connection: name, token }) {
    connections.get(name).token = token;
    return null;
  },
  async cancel({ call }) {
    calls.get(call).abort();
    return null;
  },
  async list({ connection: name }) {
    return ask(name, 'tools/list', {});
  },
  async read({ connection: name, uri }) {
    return ask(name, 'resources/read', { uri });
  },
  async level({ connection: name, level }) {
    return ask(name, 'logging/setLevel', { level });
  },
  async ping({ connection: name }) {
    return ask(name, 'ping', {});
  },
  async call({ id, connection: name, tool, arguments: given }) {
    const giveUp = new AbortController();
    calls.set(id, giveUp);
    const options = { signal: giveUp.signal, onprogress: () => {} };
    return ask(name, 'tools/call', { name: tool, arguments: given }, options);
  },
};

const ask = (name, method, params, options = {}) =>
  connections.get(name).client.request({ method, params }, anything, { timeout: 20000, ...options });

lines.on('line', async (line) => {
  const command = JSON.parse(line);
  try {
    say({ id: command.id, result: await commands[command.do](command) });
  } catch (error) {
    const { code, message, data } = error;
    say({ id: command.id, error: { type: error.constructor.name, code, message, data } });
  }
});
lines.on('close', () => process.exit(0));
say({ event: 'ready' });
