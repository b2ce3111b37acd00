// The page: shows the outbox and asks the browser for a background sync. Standard API only.
'use strict';

const NEWS_EVERY = 12 * 60 * 60 * 1000;
const STATES = {
  queued: { word: 'Queued', path: 'M8 4v4l2.5 1.5M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13' },
  sending: { word: 'Sending', path: 'M8 13V3M4 7l4-4 4 4' },
  sent: { word: 'Sent', path: 'M3 8.5l3.2 3.2L13 5' },
  'given-up': { word: 'Given up', path: 'M4 4l8 8M12 4l-8 8' },
};

const at = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
let drawing = Promise.resolve();
let shown = new Map();

function showLink() {
  at('link').dataset.online = navigator.onLine ? 'yes' : 'no';
  at('link-text').textContent = navigator.onLine ? 'Online' : 'Offline';
}

// One drawing after another, so that an older answer never covers a newer one.
function draw() {
  drawing = drawing.then(drawList, drawList);
  return drawing;
}

async function drawList() {
  const messages = (await Outbox.all()).reverse();
  const list = at('list');
  const items = new Map([...list.children].map((item) => [item.dataset.id, item]));
  list.replaceChildren(...messages.map((message) => {
    const item = items.get(message.id) ?? newItem(message.id);
    fill(item, message);
    return item;
  }));
  at('empty').hidden = messages.length > 0;
  announce(messages);
}

function newItem(id) {
  const item = at('message').content.firstElementChild.cloneNode(true);
  item.dataset.id = id;
  item.querySelector('.again').addEventListener('click', () => tryAgain(id));
  return item;
}

function fill(item, message) {
  const state = STATES[message.state];
  const when = message.sentAt ?? message.writtenAt;
  item.dataset.state = message.state;
  item.querySelector('.text').textContent = message.text;
  item.querySelector('.state').textContent = state.word;
  item.querySelector('path').setAttribute('d', state.path);
  item.querySelector('time').textContent = clock.format(when);
  item.querySelector('time').dateTime = new Date(when).toISOString();
  item.querySelector('.detail').textContent = message.detail ?? '';
  item.querySelector('.again').hidden = message.state !== 'given-up';
}

function announce(messages) {
  const next = new Map(messages.map((message) => [message.id, message.state]));
  for (const [id, state] of next) {
    if (shown.get(id) !== state) at('said').textContent = `Message ${STATES[state].word.toLowerCase()}.`;
  }
  shown = next;
}

async function drawNews() {
  const note = await Outbox.note('news');
  if (!note) return;
  at('news-text').textContent = note.headline;
  at('news-when').textContent = `Fetched ${day.format(note.at)}`;
}

// Resolves when the browser has taken the sync registration.
async function askForSync() {
  const registration = await navigator.serviceWorker.ready;
  if ('sync' in registration) {
    try {
      await registration.sync.register('outbox');
      return;
    } catch (error) {
      say(`Background sync was refused (${error.message}); the page sends by itself.`);
    }
  }
  registration.active.postMessage('send-now');
}

async function send(event) {
  event.preventDefault();
  const text = at('text').value.trim();
  if (!text) return;
  at('text').value = '';
  at('text').focus();
  const message = { id: crypto.randomUUID(), text, state: 'queued', writtenAt: Date.now(), attempts: 0, detail: '' };
  await Outbox.put(message, 'strict');
  await draw();
  await askForSync();
  document.body.dataset.asked = String(Number(document.body.dataset.asked ?? 0) + 1);
}

async function tryAgain(id) {
  const message = await Outbox.get(id);
  await Outbox.put({ ...message, state: 'queued', attempts: 0, detail: '' });
  await draw();
  await askForSync();
}

async function askForNews(registration) {
  if (!('periodicSync' in registration)) return;
  const status = await navigator.permissions.query({ name: 'periodic-background-sync' }).catch(() => undefined);
  if (status?.state !== 'granted') return;
  await registration.periodicSync.register('news', { minInterval: NEWS_EVERY });
}

function say(text) {
  at('ready').textContent = text;
}

async function start() {
  showLink();
  addEventListener('online', showLink);
  addEventListener('offline', showLink);
  Outbox.onChange(({ changed }) => (changed === 'note' ? drawNews() : draw()));
  at('compose').addEventListener('submit', send);
  at('text').addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) at('compose').requestSubmit();
  });
  await Promise.all([draw(), drawNews()]);
  if (!('serviceWorker' in navigator)) {
    say('This browser has no service workers.');
    at('send').disabled = true;
    return;
  }
  await navigator.serviceWorker.register('/sw.js');
  const registration = await navigator.serviceWorker.ready;
  if ('sync' in registration) {
    say('Leaves when the network is there.');
  } else {
    say('No background sync here: leaves while this page is open.');
    addEventListener('online', () => registration.active.postMessage('send-now'));
  }
  // A page that was closed between writing and asking left its message behind.
  if ((await Outbox.all()).some(({ state }) => state === 'queued' || state === 'sending')) await askForSync();
  await askForNews(registration).catch(() => {});
  document.body.dataset.ready = 'yes';
}

start().catch((error) => say(`Something is wrong: ${error.message}`));
