package carve.app.cli.plugin;

import carve.app.cli.Command;
import carve.app.cli.CommandOptions;
import carve.app.plugin.PluginProblem;
import carve.app.plugin.PluginStore;
import carve.app.report.Terminal;
import carve.app.wiring.PluginFolders;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plugins verify}. */
final class PluginsVerifyCommand implements Command {
    private final Terminal terminal;
    private final Provider<PluginFolders> pluginFolders;

    @Inject
    PluginsVerifyCommand(Terminal terminal, Provider<PluginFolders> pluginFolders) {
        this.terminal = terminal;
        this.pluginFolders = pluginFolders;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        PluginsVerifyCommand.class,
                        "verify",
                        "Check plugins without running any of their code: all installed ones, one of them, or one that"
                                + " is not installed yet.")
                .optionalParameter(String.class, "NAME|FILE", "The name of a plugin, or a jar, folder or zip.")
                .flag(
                        "--lock",
                        "Write the checksums of the files as they are to plugins.lock: of the plugin that is named, or"
                                + " of all that it does not have yet.")
                .example("carve plugins verify")
                .example("carve plugins verify target/retention-1.0.jar")
                .example("carve plugins verify retention --lock")
                .build();
    }

    @Override
    public int run(ParseResult arguments) {
        String what = CommandOptions.<String>parameter(arguments, 0);
        PluginFolders folders = pluginFolders.get();
        if (what == null) {
            return all(terminal, folders, CommandOptions.hasFlag(arguments, "--lock"));
        }
        boolean installed = PluginStore.find(what, folders.all()).isPresent();
        if (!installed && Files.exists(Path.of(what))) {
            return report(terminal, what, "", PluginStore.verify(Path.of(what)));
        }
        PluginStore store = PluginStore.find(what, folders.all())
                .orElseThrow(() -> PluginsChangeCommand.unknown(what, folders.all()));
        return one(terminal, store, what, CommandOptions.hasFlag(arguments, "--lock"));
    }

    private static int all(Terminal terminal, PluginFolders folders, boolean lock) {
        int code = 0;
        for (Path folder : folders.all()) {
            PluginStore store = new PluginStore(folder);
            for (String name : store.known()) {
                // a plugin that is not what the lock says is taken in by its name alone
                boolean taken = lock
                        && !folders.builtIn().contains(folder)
                        && !store.locked().contains(name);
                code = Math.max(code, one(terminal, store, name, taken));
            }
        }
        return code;
    }

    private static int one(Terminal terminal, PluginStore store, String name, boolean lock) {
        if (lock) {
            store.lock(name);
        }
        String locked = store.locked().contains(name) ? ", locked" : "";
        return report(terminal, name, locked, store.verify(name));
    }

    private static int report(Terminal terminal, String name, String locked, List<PluginProblem> problems) {
        boolean fatal = problems.stream().anyMatch(PluginProblem::fatal);
        terminal.println(name + (fatal ? ": cannot be used" : ": good" + locked));
        problems.forEach(pluginProblem -> terminal.println(
                "  %s: %s; %s".formatted(kind(pluginProblem), pluginProblem.message(), pluginProblem.hint())));
        return fatal ? 1 : 0;
    }

    /** Returns the word for the severity of a problem. */
    static String kind(PluginProblem pluginProblem) {
        return pluginProblem.fatal() ? "error" : "warning";
    }
}
