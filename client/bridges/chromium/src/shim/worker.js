// What a service worker gets before its own script (or late, where the daemon came later: then it
// is synthetic events only). NAME is unguessable, LATE true or false, API the text of api.js.
//
// An attempt is armed first. Then either Chromium dispatches an event whose tag is the attempt's
// token, or the bridge takes the attempt over and a synthetic event is dispatched here; `state`
// decides once and for all which of the two it is, so that the site's handlers run once.
(() => {
  'use strict';
  const name = NAME;
  const late = LATE;
  const key = Symbol.for(name);
  const prefix = `${name}:`;
  if (self[key] !== undefined) return;

  const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;
  // These three are not there yet before a worker's first line.
  const later = (work) => self.setTimeout(work, 0);
  const soon = (work) => self.queueMicrotask(work);
  const report = (text) => self.reportError(text);
  const { Promise, DOMException, Error, navigator } = self;
  const { SyncEvent, PeriodicSyncEvent, ExtendableEvent, EventTarget, Event } = self;
  if (typeof SyncEvent !== 'function') return;
  const resolved = Promise.resolve.bind(Promise);
  const { then } = Promise.prototype;
  const { startsWith, includes, slice, toWellFormed } = self.String.prototype;
  const { stopImmediatePropagation } = Event.prototype;
  const { dispatchEvent } = EventTarget.prototype;
  const trusted = (event) => event.isTrusted === true;
  const tagOf = {
    sync: getOwnPropertyDescriptor(SyncEvent.prototype, 'tag').get,
    periodicsync: PeriodicSyncEvent && getOwnPropertyDescriptor(PeriodicSyncEvent.prototype, 'tag').get,
  };
  const onLine = () => navigator.onLine;
  const nativeWaitUntil = ExtendableEvent.prototype.waitUntil;

  const attempts = new Map();
  const put = attempts.set.bind(attempts);
  const find = attempts.get.bind(attempts);
  const drop = attempts.delete.bind(attempts);
  const events = new WeakMap();
  const remember = events.set.bind(events);
  const recall = events.get.bind(events);

  const deferred = () => {
    const made = {};
    made.promise = new Promise((resolve) => { made.resolve = resolve; });
    return made;
  };

  const describe = (error) => {
    try {
      const text = error instanceof Error ? `${error.name}: ${error.message}` : `${error}`;
      return apply(toWellFormed, apply(slice, text, [0, 1024]), []);
    } catch {
      return 'an error without a text';
    }
  };

  const settle = (record) => {
    if (record.state === 'ended' || record.dispatching || record.pending > 0) return;
    record.state = 'ended';
    record.ended.resolve({ ok: record.error === null, error: record.error, online: onLine() });
  };

  const extend = (record, promise) => {
    record.pending += 1;
    // A microtask later, so that a handler of the same promise can still add another.
    const done = () => soon(() => { record.pending -= 1; settle(record); });
    const failed = (error) => { record.error ??= describe(error); done(); };
    apply(then, resolved(promise), [done, failed]);
  };

  const { waitUntil } = {
    waitUntil(promise) {
      const record = recall(this);
      if (record === undefined || arguments.length === 0) {
        return apply(nativeWaitUntil, this, arguments);
      }
      if (record.synthetic) {
        if (!record.dispatching && record.pending === 0) {
          throw new DOMException("Failed to execute 'waitUntil' on 'ExtendableEvent': The event " +
            'handler is already finished and no extend lifetime promises are outstanding.',
          'InvalidStateError');
        }
      } else {
        apply(nativeWaitUntil, this, [promise]);
      }
      extend(record, promise);
    },
  };
  defineProperty(ExtendableEvent.prototype, 'waitUntil', {
    ...getOwnPropertyDescriptor(ExtendableEvent.prototype, 'waitUntil'), value: waitUntil,
  });

  const handleTrusted = (event) => {
    if (!trusted(event)) return;
    const token = apply(tagOf[event.type], event, []);
    // Without the prefix it is Chromium's own.
    if (!apply(startsWith, token, [prefix])) return;
    const record = find(token);
    if (record === undefined || record.state !== 'armed') {
      // Too late: taken over, aborted, or armed in a worker that is no more.
      apply(stopImmediatePropagation, event, []);
      return;
    }
    record.state = 'running';
    record.dispatching = true;
    remember(event, record);
    defineProperty(event, 'tag', { value: record.tag, configurable: true });
    // Listeners have microtasks between them, so only a task shows that all have run.
    const turn = new Promise(later);
    apply(nativeWaitUntil, event, [turn]);
    apply(then, turn, [() => { record.dispatching = false; settle(record); }]);
    record.started.resolve(true);
  };

  if (!late) {
    self.addEventListener('sync', handleTrusted);
    self.addEventListener('periodicsync', handleTrusted);
  }

  const bridge = {
    late,

    arm(token, kind, tag, lastChance) {
      const type = kind === 'periodic' ? 'periodicsync' : 'sync';
      put(token, {
        type, tag, lastChance, state: 'armed', synthetic: false, dispatching: false, pending: 0,
        error: null, started: deferred(), ended: deferred(),
      });
      return { late, online: onLine() };
    },

    // True: the event was dispatched here. False: Chromium's has come already.
    takeOver(token) {
      const record = find(token);
      if (record === undefined || record.state !== 'armed') return false;
      record.state = 'running';
      record.synthetic = true;
      record.dispatching = true;
      const { type, tag, lastChance } = record;
      const event = type === 'sync'
        ? new SyncEvent(type, { tag, lastChance })
        : new PeriodicSyncEvent(type, { tag });
      remember(event, record);
      apply(dispatchEvent, self, [event]);
      record.dispatching = false;
      record.started.resolve(true);
      soon(() => settle(record));
      return true;
    },

    started(token) {
      const record = find(token);
      return record === undefined ? false : record.started.promise;
    },

    ended(token) {
      const record = find(token);
      if (record === undefined) return null;
      return apply(then, record.ended.promise, [(end) => { drop(token); return end; }]);
    },

    // True: no other attempt is under way here.
    abort(token) {
      const record = find(token);
      if (record !== undefined) {
        record.state = 'ended';
        drop(token);
      }
      return attempts.size === 0;
    },
  };

  if (!late) {
    // Nobody may be attached when the worker calls. An error report is the one thing that Chromium
    // then passes on; the bridge comes and takes the calls.
    const queue = [];
    let signalled = false;
    self.addEventListener('error', (event) => {
      if (apply(includes, event.message, [name])) apply(stopImmediatePropagation, event, []);
    });
    const deliver = (call) => {
      queue[queue.length] = call;
      if (signalled) return;
      signalled = true;
      report(name);
    };
    // The worker has one registration, which is not there yet when this runs, and neither is its
    // interface. The bridge knows the scope.
    const find = (manager, property) => {
      const { registration } = self;
      if (manager !== registration[property]) return undefined;
      return { scope: '', active: registration.active !== null };
    };
    const reply = (API)(deliver, find);
    bridge.reply = reply;
    bridge.take = () => {
      const taken = queue.splice(0, 64);
      if (taken.length === 0) signalled = false;
      return taken;
    };
  }

  defineProperty(self, key, { value: Object.freeze(bridge) });
})()
