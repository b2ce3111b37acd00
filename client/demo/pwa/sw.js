// The service worker: keeps the page for offline use, and empties the outbox on 'sync'.
'use strict';

importScripts('/outbox.js');

const CACHE = 'shell-1';
const SHELL = ['/', '/style.css', '/app.js', '/outbox.js', '/manifest.webmanifest', '/icon-192.png', '/icon-512.png'];

self.addEventListener('install', (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll(SHELL.map((path) => new Request(path, { cache: 'reload' })));
    await self.skipWaiting();
  })());
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith('/api/')) return;
  event.respondWith((async () => {
    const path = event.request.mode === 'navigate' ? '/' : url.pathname;
    const kept = await caches.match(path, { cacheName: CACHE });
    return kept ?? fetch(event.request);
  })());
});

self.addEventListener('sync', (event) => {
  if (event.tag !== 'outbox') return;
  const startedAt = performance.timeOrigin + performance.now();
  event.waitUntil(sendAll(startedAt, event.lastChance));
});

self.addEventListener('periodicsync', (event) => {
  if (event.tag === 'news') event.waitUntil(fetchNews());
});

// Where the browser has no Background Sync at all, the open page asks instead.
self.addEventListener('message', (event) => {
  if (event.data !== 'send-now') return;
  event.waitUntil(sendAll(performance.timeOrigin + performance.now(), false).catch(() => {}));
});

// Sends what is queued, oldest first. Rejects while anything is left, so that the browser tries again.
async function sendAll(startedAt, lastChance) {
  let failure;
  for (const message of await Outbox.all()) {
    // 'sending' is what a worker leaves behind that was killed half-way: the server knows the id.
    if (message.state !== 'queued' && message.state !== 'sending') continue;
    failure = (await sendOne(message, startedAt, lastChance)) ?? failure;
  }
  if (failure) throw failure;
}

// Returns the error when the message must be tried again.
async function sendOne(message, startedAt, lastChance) {
  const attempts = message.attempts + 1;
  await Outbox.put({ ...message, state: 'sending', attempts });
  try {
    const answer = await fetch('/api/messages', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: message.id, text: message.text, writtenAt: message.writtenAt, startedAt, attempts, lastChance }),
    });
    if (answer.ok) {
      await Outbox.put({ ...message, state: 'sent', attempts, detail: '', sentAt: Date.now() });
      return undefined;
    }
    const passing = answer.status >= 500 || answer.status === 408 || answer.status === 429;
    const error = new Error(`the server answered ${answer.status}`);
    if (!passing) {
      await Outbox.put({ ...message, state: 'given-up', attempts, detail: `Refused: ${error.message}.` });
      return undefined;
    }
    throw error;
  } catch (error) {
    const state = lastChance ? 'given-up' : 'queued';
    const detail = `Attempt ${attempts} failed: ${error.message}.`;
    await Outbox.put({ ...message, state, attempts, detail });
    return error;
  }
}

async function fetchNews() {
  const answer = await fetch('/api/news');
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const { headline } = await answer.json();
  await Outbox.putNote('news', { headline: String(headline), at: Date.now() });
}
