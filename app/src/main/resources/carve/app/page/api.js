// Requests to the server: OpenAI's API, with the server's own figures under "carve".

const KEY = 'carve-key';

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function setKey(key) {
  sessionStorage.setItem(KEY, key);
}

function headers() {
  const key = sessionStorage.getItem(KEY);
  return { 'Content-Type': 'application/json', ...(key ? { Authorization: 'Bearer ' + key } : {}) };
}

async function refused(answer) {
  const text = await answer.text();
  let message = text;
  try { message = JSON.parse(text).error.message; } catch { /* not JSON: the text is the message */ }
  return new Refused(answer.status, message || `the server answered ${answer.status}`);
}

/** Returns the models, as {@code /v1/models} has them. */
export async function models() {
  const answer = await fetch('v1/models', { headers: headers() });
  if (!answer.ok) throw await refused(answer);
  return (await answer.json()).data;
}

/** Returns whether the server shows runs of training. */
export async function runs() {
  const answer = await fetch('runs', { headers: headers() });
  return answer.ok && 'folder' in await answer.json();
}

/** Saves a conversation with a model's state on the server; returns its id, or an empty text if it was not saved. */
export async function save(model, messages) {
  try {
    const answer = await fetch('v1/states', { method: 'POST', headers: headers(), body: JSON.stringify({ model, messages }) });
    return answer.ok ? (await answer.json()).id : '';
  } catch {
    return '';
  }
}

/** Deletes a saved state from the server. */
export function forget(id) {
  fetch(`v1/states/${id}`, { method: 'DELETE', headers: headers() }).catch(() => {});
}

/** Asks a model; passes on text and figures as they arrive, and returns the finish reason. */
export async function ask(request, signal, told) {
  const answer = await fetch('v1/chat/completions', {
    method: 'POST',
    headers: headers(),
    body: JSON.stringify({ ...request, stream: true, stream_options: { include_usage: true } }),
    signal,
  });
  if (!answer.ok) throw await refused(answer);
  let finish = '';
  for await (const event of events(answer.body)) {
    if (event === '[DONE]') break;
    const chunk = JSON.parse(event);
    if (chunk.error) throw new Refused(500, chunk.error.message);
    const choice = chunk.choices?.[0];
    finish = choice?.finish_reason || finish;
    told(choice?.delta?.content || '', chunk.carve);
  }
  return finish;
}

// server-sent events: blocks of lines, of which only those with data are used
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split(/\r?\n/).filter(line => line.startsWith('data:')).map(line => line.slice(5).trimStart());
      if (data.length) yield data.join('\n');
    }
  }
}
