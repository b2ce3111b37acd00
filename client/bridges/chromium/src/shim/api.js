// The two sync interfaces, answered by the bridge instead of Chromium. Evaluates to a function that
// installs them: `deliver(call)` hands a call over, `find(manager, property)` gives scope and state
// of the registration that a manager belongs to, and the returned function takes an answer.
//
// Everything it needs later is taken at the start, so that what a site changes afterwards does not
// matter. It runs in the site's own world: nothing here is a secret or a boundary, and the bridge
// believes none of it.
(deliver, find) => {
  'use strict';
  const { apply, defineProperty } = Reflect;
  const { Promise, DOMException, TypeError, Number } = self;
  const resolved = Promise.resolve.bind(Promise);
  const rejected = Promise.reject.bind(Promise);
  const { trunc } = Math;
  const { slice, toWellFormed } = String.prototype;
  // One more than the limit for tags in bytes: enough for the bridge to see that it is too long.
  const TAG_UNITS = 10241;
  const MAX_SAFE = Number.MAX_SAFE_INTEGER;

  const calls = new Map();
  const put = calls.set.bind(calls);
  const peek = calls.get.bind(calls);
  const drop = calls.delete.bind(calls);
  let last = 0;

  const ask = (op, kind, registration, tag, minInterval) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      put(id, { resolve, reject });
      const { scope } = registration;
      const short = apply(toWellFormed, apply(slice, tag, [0, TAG_UNITS]), []);
      deliver({ id, op, kind, scope, tag: short, minInterval });
    });

  // [EnforceRange] unsigned long long (S-P-10).
  const interval = (options, where) => {
    if (options === undefined || options === null) return 0;
    if (typeof options !== 'object' && typeof options !== 'function') {
      throw new TypeError(`${where}: The provided value is not of type 'BackgroundSyncOptions'.`);
    }
    const given = options.minInterval;
    if (given === undefined) return 0;
    const value = trunc(+given);
    if (!(value >= 0 && value <= MAX_SAFE)) {
      const why = value === value && value !== Infinity && value !== -Infinity
        ? "Value is outside the 'unsigned long long' value range."
        : "Value is not a finite number.";
      throw new TypeError(
        `${where}: Failed to read the 'minInterval' property from 'BackgroundSyncOptions': ${why}`);
    }
    return value + 0;
  };

  // Arguments are converted before anything else is looked at, as bindings of an interface do; every
  // failure is a rejection.
  const entry = ([property, label], method, manager, count, body) => {
    const where = `Failed to execute '${method}' on '${label}'`;
    try {
      const registration = find(manager, property);
      if (registration === undefined) throw new TypeError('Illegal invocation');
      if (count === 0) {
        throw new TypeError(`${where}: 1 argument required, but only 0 present.`);
      }
      return body(registration, where);
    } catch (error) {
      return rejected(error);
    }
  };

  const methods = (kind, names) => ({
    register(tag) {
      const options = arguments[1];
      return entry(names, 'register', this, arguments.length, (registration, where) => {
        const text = `${tag}`;
        const minInterval = kind === 'periodic' ? interval(options, where) : 0;
        if (!registration.active) {
          throw new DOMException(
            `${where}: Registration failed - no active Service Worker`, 'InvalidStateError');
        }
        return ask('register', kind, registration, text, minInterval);
      });
    },
    getTags() {
      return entry(names, 'getTags', this, 1, (registration) =>
        registration.active ? ask('getTags', kind, registration, '', 0) : resolved([]));
    },
    unregister(tag) {
      return entry(names, 'unregister', this, arguments.length, (registration) => {
        const text = `${tag}`;
        if (!registration.active) return resolved(undefined);
        return ask('unregister', kind, registration, text, 0);
      });
    },
  });

  const install = (property, label, kind) => {
    const Manager = self[label];
    if (typeof Manager !== 'function') return;
    const replaced = methods(kind, [property, label]);
    for (const name of ['register', 'getTags', 'unregister']) {
      const shape = { writable: true, enumerable: true, configurable: true };
      defineProperty(Manager.prototype, name, { ...shape, value: replaced[name] });
    }
  };
  install('sync', 'SyncManager', 'one-off');
  install('periodicSync', 'PeriodicSyncManager', 'periodic');

  return (id, error, value) => {
    const waiting = peek(id);
    if (waiting === undefined) return;
    drop(id);
    if (error === null) waiting.resolve(value === null ? undefined : value);
    else if (error.name === 'TypeError') waiting.reject(new TypeError(error.message));
    else waiting.reject(new DOMException(error.message, error.name));
  };
}
