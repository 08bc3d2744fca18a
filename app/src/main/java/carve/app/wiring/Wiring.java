package carve.app.wiring;

import carve.app.plugin.PluginPlatform;
import carve.app.terminal.Terminal;
import carve.app.work.AppConfig;
import carve.app.work.DeviceChoice;
import carve.app.work.Globals;
import carve.app.work.PluginFolders;
import carve.app.work.ReferenceDeviceProvider;
import carve.app.work.Workshop;
import carve.hocon.Catalogs;
import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import com.google.inject.Provider;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.Stage;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;

/** Puts the parts together. */
public final class Wiring extends AbstractModule {
    private static final System.Logger LOG =
            System.getLogger(Wiring.class.getModule().getName());

    private final Terminal terminal;
    private final Globals globals;

    private Wiring(Terminal terminal, Globals globals) {
        this.terminal = terminal;
        this.globals = globals;
    }

    /** Returns a workshop for one command; the caller closes it. */
    public static Workshop workshop(Terminal terminal, Globals globals) {
        return Guice.createInjector(Stage.DEVELOPMENT, new Wiring(terminal, globals))
                .getInstance(Workshop.class);
    }

    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        binder().requireExactBindingAnnotations();
        binder().disableCircularProxies();
        bind(Terminal.class).toInstance(terminal);
        bind(Globals.class).toInstance(globals);
    }

    @Provides
    @Singleton
    AppConfig config(Globals given) {
        AppConfig config = AppConfig.from(given);
        LOG.log(
                Level.INFO,
                "carve {0} on Java {1}; device = {2}, kernels = {3}, over the defaults of plugins: {4}",
                version(),
                Runtime.version(),
                config.device(),
                config.kernels(),
                config.providers().toMap());
        return config;
    }

    private static String version() {
        return Wiring.class.getModule().getDescriptor().rawVersion().orElse("of no version");
    }

    @Provides
    @Singleton
    PluginPlatform platform(AppConfig config, Globals given) {
        List<Path> folders = PluginFolders.of(config, given).all();
        PluginPlatform platform = PluginPlatform.load(List.of(new ReferenceDeviceProvider()), folders);
        platform.plugins().forEach(plugin -> LOG.log(Level.INFO, "plugin {0} {1}", plugin.name(), plugin.modules()));
        return platform;
    }

    @Provides
    @Singleton
    Catalogs catalogs(AppConfig config, PluginPlatform platform) {
        platform.problems().forEach(problem -> LOG.log(Level.WARNING, "{0}", problem));
        return Catalogs.of(platform.providers(), config.providers());
    }

    @Provides
    @Singleton
    DeviceChoice devices(AppConfig config, Catalogs catalogs) {
        return DeviceChoice.of(catalogs, config.device(), config.kernels());
    }

    @Provides
    @Singleton
    Workshop workshop(
            Terminal console,
            Globals given,
            Provider<AppConfig> config,
            Provider<PluginPlatform> platform,
            Provider<Catalogs> catalogs,
            Provider<DeviceChoice> devices) {
        return new Workshop(console, given, config::get, platform::get, catalogs::get, devices::get);
    }
}
