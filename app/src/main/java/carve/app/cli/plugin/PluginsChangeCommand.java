package carve.app.cli.plugin;

import carve.api.config.NameSuggestions;
import carve.app.cli.Command;
import carve.app.cli.CommandOptions;
import carve.app.plugin.PluginException;
import carve.app.plugin.PluginStore;
import carve.app.report.Terminal;
import carve.app.wiring.PluginFolders;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plugins remove}, {@code enable}, {@code disable} and {@code reload}. */
final class PluginsChangeCommand implements Command {
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

        private static Change of(String word) {
            return valueOf(word.toUpperCase(Locale.ROOT));
        }

        private String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Terminal terminal;
    private final Provider<PluginFolders> pluginFolders;

    @Inject
    PluginsChangeCommand(Terminal terminal, Provider<PluginFolders> pluginFolders) {
        this.terminal = terminal;
        this.pluginFolders = pluginFolders;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec(Change change) {
        return CommandOptions.of(PluginsChangeCommand.class, change.word(), change.description)
                .parameter(String.class, "NAME", "The name of the plugin, as `carve plugins list` shows it.")
                .example("carve plugins %s retention".formatted(change.word()))
                .build();
    }

    @Override
    public int run(ParseResult arguments) {
        Change change = Change.of(arguments.commandSpec().name());
        String name = CommandOptions.parameter(arguments, 0);
        PluginFolders folders = pluginFolders.get();
        if (change == Change.REMOVE && PluginStore.find(name, folders.builtIn()).isPresent()) {
            throw new PluginException(
                    "plugin '%s' is a part of carve; `carve plugins disable %s` keeps it from being used"
                            .formatted(name, name));
        }
        PluginStore store = PluginStore.find(name, folders.all()).orElseThrow(() -> unknown(name, folders.all()));
        change.to.accept(store, name);
        terminal.println("%s %s in %s".formatted(change.done, name, store.folder()));
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
