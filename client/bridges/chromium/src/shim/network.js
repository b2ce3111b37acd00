// In the bridge's own hidden page: since when Chromium's view of the network has not changed.
(() => {
  'use strict';
  let changed = performance.now();
  const change = () => { changed = performance.now(); };
  for (const type of ['online', 'offline']) self.addEventListener(type, change);
  self.pwasyncNetwork = () => ({ online: navigator.onLine, steadyMs: performance.now() - changed });
})()
