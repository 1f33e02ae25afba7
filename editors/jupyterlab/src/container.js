// A module-federation container: JupyterLab gives its share scope, and takes the plug-in.
(globalThis._JUPYTERLAB ??= {})['nbprod-lab'] = (() => {
  const names = /* NAMES */ [];
  let scope;
  let plugin;

  // The newest version of a module; of a module that is loaded, the loaded one.
  const entryOf = name => {
    const versions = scope[name];
    if (versions === undefined) {
      throw new Error(`nbprod-lab: this JupyterLab shares no ${name}`);
    }
    const order = (one, other) => one.localeCompare(other, undefined, { numeric: true });
    const sorted = Object.keys(versions).sort(order).reverse();
    const found = sorted.find(version => versions[version].loaded) ?? sorted[0];
    return versions[found];
  };

  const load = async () => {
    const shared = {};
    await Promise.all(
      names.map(async name => {
        const factory = await entryOf(name).get();
        shared[name] = factory();
      })
    );
    globalThis.__nbprodShared = shared;
    /* PLUGIN */
    delete globalThis.__nbprodShared;
    return __nbprodPlugin;
  };

  return {
    init(given) {
      scope ??= given;
    },
    async get(module) {
      if (module !== './extension') {
        throw new Error(`nbprod-lab has no ${module}`);
      }
      plugin ??= load();
      const found = await plugin;
      return () => found;
    }
  };
})();
