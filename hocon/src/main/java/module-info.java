/** Settings in HOCON. */
module carve.hocon {
    requires transitive carve.runtime;
    requires typesafe.config;

    exports carve.hocon;

    provides carve.runtime.catalog.SettingsFormat with
            carve.hocon.HoconFormat;
}
