// What every document gets before its own scripts. NAME is the binding's unguessable name, API the
// text of api.js.
(() => {
  'use strict';
  const name = NAME;
  const key = Symbol.for(name);
  const binding = self[name];
  delete self[name];
  if (typeof binding !== 'function' || self[key] !== undefined) return;
  if (!self.isSecureContext || typeof self.SyncManager !== 'function') return;
  const { prototype } = self.ServiceWorkerRegistration;
  const { stringify } = JSON;
  const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;
  const scope = getOwnPropertyDescriptor(prototype, 'scope').get;
  const active = getOwnPropertyDescriptor(prototype, 'active').get;

  // A manager does not tell its registration, so what hands managers out remembers it.
  const registrations = new WeakMap();
  const recall = registrations.get.bind(registrations);
  const remember = registrations.set.bind(registrations);
  const wrap = (property) => {
    const own = getOwnPropertyDescriptor(prototype, property);
    if (own === undefined) return;
    const native = own.get;
    const { get } = getOwnPropertyDescriptor({
      get [property]() {
        const manager = apply(native, this, []);
        remember(manager, this);
        return manager;
      },
    }, property);
    defineProperty(prototype, property, { ...own, get });
  };
  wrap('sync');
  wrap('periodicSync');
  const find = (manager) => {
    const registration = recall(manager);
    if (registration === undefined) return undefined;
    return { scope: apply(scope, registration, []), active: apply(active, registration, []) !== null };
  };

  const reply = (API)((call) => binding(stringify(call)), find);
  defineProperty(self, key, { value: reply });
})()
