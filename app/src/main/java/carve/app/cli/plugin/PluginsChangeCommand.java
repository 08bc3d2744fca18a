package carve.app.cli.plugin;

import carve.api.config.NameSuggestions;
import carve.app.cli.Command;
import carve.app.cli.CommandOptions;
import carve.app.plugin.PluginException;
import carve.app.plugin.PluginStore;
import carve.app.wiring.AppContext;
import carve.app.wiring.PluginFolders;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plugins remove}, {@code enable}, {@code disable} and {@code reload}. */
record PluginsChangeCommand(Change change) implements Command {
    /** The changes to an installed plugin. */
    enum Change {
        REMOVE("removed", PluginStore::remove, "Remove a plugin."),
        ENABLE("enabled", PluginStore::enable, "Enable a plugin again."),
        DISABLE("disabled", PluginStore::disable, "Disable a plugin; its files stay."),
        RELOAD("told to reload", PluginStore::reload, "Make running servers reload a plugin.");

        private final String done;
        private final BiConsumer<PluginStore, String> to;
        private final String description;

        Change(String done, BiConsumer<PluginStore, String> to, String description) {
            this.done = done;
            this.to = to;
            this.description = description;
        }

        private String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Override
    public CommandSpec commandSpec() {
        return CommandOptions.of(this, change.word(), change.description)
                .parameter(String.class, "NAME", "The name of the plugin, as `carve plugins list` shows it.")
                .example("carve plugins %s retention".formatted(change.word()))
                .build();
    }

    @Override
    public int run(ParseResult arguments, AppContext appContext) {
        String name = CommandOptions.parameter(arguments, 0);
        PluginFolders folders = PluginFolders.existing(appContext.config(), appContext.globalOptions());
        if (change == Change.REMOVE && PluginStore.find(name, folders.builtIn()).isPresent()) {
            throw new PluginException(
                    "plugin '%s' is a part of carve; `carve plugins disable %s` keeps it from being used"
                            .formatted(name, name));
        }
        PluginStore store = PluginStore.find(name, folders.all()).orElseThrow(() -> unknown(name, folders.all()));
        change.to.accept(store, name);
        appContext.terminal().println("%s %s in %s".formatted(change.done, name, store.folder()));
        return 0;
    }

    static PluginException unknown(String name, List<Path> folders) {
        List<String> names = folders.stream()
                .flatMap(folder -> new PluginStore(folder).names().stream())
                .distinct()
                .toList();
        return new PluginException(NameSuggestions.unknown("plugin", name, names));
    }
}
