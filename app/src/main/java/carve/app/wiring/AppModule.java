package carve.app.wiring;

import carve.app.plugin.PluginSet;
import carve.app.plugin.Presets;
import carve.app.report.Terminal;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import carve.runtime.device.ReferenceDeviceProvider;
import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import java.lang.System.Logger.Level;
import java.util.List;

/** Binds the parts that commands are made of; each is created when it is first used. */
public final class AppModule extends AbstractModule {
    private static final System.Logger LOG =
            System.getLogger(AppModule.class.getModule().getName());

    private final Terminal terminal;
    private final GlobalOptions globalOptions;

    /** Makes the module of one command. */
    public AppModule(Terminal terminal, GlobalOptions globalOptions) {
        this.terminal = terminal;
        this.globalOptions = globalOptions;
    }

    @Override
    protected void configure() {
        binder().requireExplicitBindings();
        binder().requireExactBindingAnnotations();
        binder().disableCircularProxies();
        bind(Terminal.class).toInstance(terminal);
        bind(GlobalOptions.class).toInstance(globalOptions);
        bind(ModelOpener.class).in(Singleton.class);
        bind(OpenDevices.class).in(Singleton.class);
    }

    @Provides
    @Singleton
    AppConfig config(GlobalOptions globalOptions) {
        AppConfig config = AppConfig.from(globalOptions);
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
        return AppModule.class.getModule().getDescriptor().rawVersion().orElse("unknown version");
    }

    @Provides
    @Singleton
    PluginSet plugins(PluginFolders folders) {
        PluginSet plugins = PluginSet.load(List.of(new ReferenceDeviceProvider()), folders.all());
        plugins.plugins().forEach(plugin -> LOG.log(Level.INFO, "plugin {0} {1}", plugin.name(), plugin.modules()));
        return plugins;
    }

    @Provides
    @Singleton
    Catalogs catalogs(AppConfig config, PluginSet plugins) {
        plugins.problemMessages().forEach(problem -> LOG.log(Level.WARNING, "{0}", problem));
        return Catalogs.of(plugins.providers(), config.providers());
    }

    @Provides
    @Singleton
    DeviceSelector deviceSelector(AppConfig config, Catalogs catalogs) {
        return DeviceSelector.of(catalogs, config.device(), config.kernelPolicy());
    }

    @Provides
    PluginFolders pluginFolders(AppConfig config, GlobalOptions globalOptions) {
        return PluginFolders.existing(config, globalOptions);
    }

    @Provides
    Presets presets(PluginSet plugins) {
        return new Presets(plugins);
    }
}
