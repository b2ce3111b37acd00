const atStart = { bridged: 'unregister' in SyncManager.prototype };
const AsyncFunction = (async () => {}).constructor;
const born = Math.random();
let runs = 0;

self.addEventListener('install', (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
// Its activation lasts until the test has something for it.
if (location.search === '?held') {
  self.addEventListener('activate', (event) => event.waitUntil(fetch('./next')));
}

// Those that could be installed and can never be started again.
if (self.registration.active !== null) {
  if (location.search === '?throws') throw new Error('broken');
  while (location.search === '?spins');
}

const handle = async (event) => {
  runs += 1;
  const { type, tag, lastChance, isTrusted } = event;
  const answer = await fetch('./work', { method: 'POST', body: JSON.stringify({
    type, tag, lastChance, isTrusted, bridged: atStart.bridged, born, runs,
    state: self.serviceWorker.state, scope: self.registration.scope,
  }) });
  return new AsyncFunction('event', await answer.text())(event);
};
self.addEventListener('sync', (event) => event.waitUntil(handle(event)));
self.addEventListener('periodicsync', (event) => event.waitUntil(handle(event)));
self.addEventListener('message', (event) => event.waitUntil((async () => {
  let value;
  try {
    value = await new AsyncFunction('event', event.data)(event);
  } catch (error) {
    value = { error: error.name };
  }
  event.ports[0].postMessage(value === undefined ? null : value);
})()));
