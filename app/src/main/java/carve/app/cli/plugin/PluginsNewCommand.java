package carve.app.cli.plugin;

import carve.api.config.SettingsException;
import carve.app.cli.Command;
import carve.app.cli.CommandOptions;
import carve.app.plugin.authoring.PluginKind;
import carve.app.plugin.authoring.PluginName;
import carve.app.plugin.authoring.PluginScaffold;
import carve.app.report.Terminal;
import carve.runtime.catalog.Catalogs;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plugins new}. */
final class PluginsNewCommand implements Command {
    private final Terminal terminal;
    private final Provider<Catalogs> catalogs;

    @Inject
    PluginsNewCommand(Terminal terminal, Provider<Catalogs> catalogs) {
        this.terminal = terminal;
        this.catalogs = catalogs;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        PluginsNewCommand.class,
                        "new",
                        "Write the build of a new plugin: it compiles, passes the contract of its kind, and runs at once.",
                        "It is compiled against carve-api and carve-testkit in the local Maven repository, where ./mvnw install"
                                + " -pl testkit -am -DskipTests in Carve's own folder puts them.")
                .parameter(String.class, "NAME", "Name of it in plans and recipes, such as long-memory.")
                .required("--kind", String.class, "KIND", "Kind of plugin: " + kinds() + ".")
                .option(
                        "--package",
                        String.class,
                        "PACKAGE",
                        "Name of its package and module; org.example.NAME if not given.")
                .option("--out", Path.class, "DIR", "Folder to write; NAME if not given.")
                .example("carve plugins new long-memory --kind mixer")
                .example("carve plugins new focal --kind loss --package com.acme.focal --out plugins/focal")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException {
        String given = CommandOptions.parameter(arguments, 0);
        PluginKind kind = kind(CommandOptions.valueOr(arguments, "--kind", ""));
        PluginName name = CommandOptions.<String>find(arguments, "--package")
                .map(chosen -> new PluginName(given, chosen))
                .orElseGet(() -> PluginName.of(given, kind));
        PluginScaffold scaffold = new PluginScaffold(name, kind);
        Path folder = CommandOptions.valueOr(arguments, "--out", Path.of(given));
        scaffold.write(folder, taken(kind, catalogs.get()));
        terminal.println("wrote %s: a %s in %s.java of module %s"
                .formatted(folder, kind.word(), scaffold.className(), name.packageName()));
        terminal.println("next: cd %s && ./mvnw verify, then carve plugins list --plugins %s"
                .formatted(folder, folder.resolve("target/plugins")));
        return 0;
    }

    private static Set<String> taken(PluginKind kind, Catalogs catalogs) {
        return switch (kind) {
            case MIXER -> catalogs.mixers().names();
            case LOSS -> catalogs.losses().names();
            case STAGE -> catalogs.stages().names();
            case DEVICE -> catalogs.devices().names();
            case FAMILY -> catalogs.families().names();
        };
    }

    private static PluginKind kind(String word) {
        return Arrays.stream(PluginKind.values())
                .filter(kind -> kind.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new SettingsException("--kind must be one of %s, is '%s'".formatted(kinds(), word)));
    }

    private static String kinds() {
        return Arrays.stream(PluginKind.values()).map(PluginKind::word).collect(Collectors.joining(", "));
    }
}
