package carve.app.wiring;

import carve.app.plugin.PluginSet;
import carve.app.report.Terminal;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import carve.runtime.device.ReferenceDeviceProvider;
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
public final class AppModule extends AbstractModule {
    private static final System.Logger LOG =
            System.getLogger(AppModule.class.getModule().getName());

    private final Terminal terminal;
    private final GlobalOptions globalOptions;

    private AppModule(Terminal terminal, GlobalOptions globalOptions) {
        this.terminal = terminal;
        this.globalOptions = globalOptions;
    }

    /** Returns a workshop for one command; the caller closes it. */
    public static AppContext context(Terminal terminal, GlobalOptions globalOptions) {
        return Guice.createInjector(Stage.DEVELOPMENT, new AppModule(terminal, globalOptions))
                .getInstance(AppContext.class);
    }

    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        binder().requireExactBindingAnnotations();
        binder().disableCircularProxies();
        bind(Terminal.class).toInstance(terminal);
        bind(GlobalOptions.class).toInstance(globalOptions);
    }

    @Provides
    @Singleton
    AppConfig config(GlobalOptions given) {
        AppConfig config = AppConfig.from(given);
        LOG.log(
                Level.INFO,
                "carve {0} on Java {1}; device = {2}, kernels = {3}, over the defaults of plugins: {4}",
                version(),
                Runtime.version(),
                config.device(),
                config.kernelPolicy(),
                config.providers().toMap());
        return config;
    }

    private static String version() {
        return AppModule.class.getModule().getDescriptor().rawVersion().orElse("of no version");
    }

    @Provides
    @Singleton
    PluginSet platform(AppConfig config, GlobalOptions given) {
        List<Path> folders = PluginFolders.existing(config, given).all();
        PluginSet platform = PluginSet.load(List.of(new ReferenceDeviceProvider()), folders);
        platform.plugins().forEach(plugin -> LOG.log(Level.INFO, "plugin {0} {1}", plugin.name(), plugin.modules()));
        return platform;
    }

    @Provides
    @Singleton
    Catalogs catalogs(AppConfig config, PluginSet platform) {
        platform.problemMessages().forEach(problem -> LOG.log(Level.WARNING, "{0}", problem));
        return Catalogs.of(platform.providers(), config.providers());
    }

    @Provides
    @Singleton
    DeviceSelector devices(AppConfig config, Catalogs catalogs) {
        return DeviceSelector.of(catalogs, config.device(), config.kernelPolicy());
    }

    @Provides
    @Singleton
    AppContext context(
            Terminal console,
            GlobalOptions given,
            Provider<AppConfig> config,
            Provider<PluginSet> platform,
            Provider<Catalogs> catalogs,
            Provider<DeviceSelector> devices) {
        return new AppContext(console, given, config::get, platform::get, catalogs::get, devices::get);
    }
}
