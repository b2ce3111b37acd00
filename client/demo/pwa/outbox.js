// The outbox itself: what the page and the service worker both read and write.
// A message is {id, text, state, writtenAt, attempts, detail, sentAt}; its state is one of
// 'queued', 'sending', 'sent', 'given-up'.
'use strict';

self.Outbox = (() => {
  const NAME = 'outbox';
  const news = new BroadcastChannel(NAME);
  let opening;

  function open() {
    opening ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore('messages', { keyPath: 'id' }).createIndex('writtenAt', 'writtenAt');
        request.result.createObjectStore('notes');
      };
      request.onsuccess = () => {
        request.result.onversionchange = () => { request.result.close(); opening = undefined; };
        resolve(request.result);
      };
      request.onerror = () => { opening = undefined; reject(request.error); };
    });
    return opening;
  }

  async function run(store, mode, work, durability = 'relaxed') {
    const transaction = (await open()).transaction(store, mode, { durability });
    const request = work(transaction.objectStore(store));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }

  return {
    // Oldest first.
    all: () => run('messages', 'readonly', (store) => store.index('writtenAt').getAll()),
    get: (id) => run('messages', 'readonly', (store) => store.get(id)),
    note: (name) => run('notes', 'readonly', (store) => store.get(name)),

    // What a person wrote is on the disk before the page says that it is queued ('strict').
    async put(message, durability) {
      await run('messages', 'readwrite', (store) => store.put(message), durability);
      news.postMessage({ changed: 'message', id: message.id });
    },

    async putNote(name, value) {
      await run('notes', 'readwrite', (store) => store.put(value, name));
      news.postMessage({ changed: 'note', name });
    },

    onChange(listener) {
      news.addEventListener('message', (event) => listener(event.data));
    },
  };
})();
