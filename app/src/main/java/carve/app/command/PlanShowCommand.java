package carve.app.command;

import carve.api.config.SettingsException;
import carve.api.config.TreeSettings;
import carve.api.model.LayerPlan;
import carve.api.model.ModelFolder;
import carve.app.picture.StackPicture;
import carve.app.terminal.Amounts;
import carve.app.terminal.Table;
import carve.app.terminal.Terminal;
import carve.app.work.AppConfig;
import carve.app.work.PlanWriter;
import carve.app.work.Plans;
import carve.app.work.Resources;
import carve.app.work.Stack;
import carve.app.work.Workshop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToLongFunction;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plan show}. */
final class PlanShowCommand implements Command {
    @Override
    public CommandSpec specification() {
        return Arguments.of(
                        this,
                        "show",
                        "Show the layers of a model, or of the student that a plan makes of it: parameters, cache, and the bytes that a"
                                + " decoding step moves. Nothing is converted, no weight is read.")
                .parameter(Path.class, "MODEL", "Folder of the model or teacher; it may be without weights.")
                .option("--plan", String.class, "PLAN", "File with a plan or a recipe, or the name of a preset.")
                .option("--at", Long.class, "N", "The context for which caches are counted; 16384 if not given.")
                .option("--picture", Path.class, "FILE", "Draw a picture, too: FILE.svg or FILE.png.")
                .example("carve plan show models/mmmamba-hybrid")
                .example("carve plan show models/hovle --plan mmmamba-hybrid --picture hybrid.svg")
                .example("carve plan show models/hovle --plan linear -Drepeat='[keep, mamba2 x7]' --at 131072")
                .build();
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) throws IOException {
        long context = Arguments.get(arguments, "--at", 16 * 1024L);
        if (context < 1) {
            throw new IllegalArgumentException("--at must be 1 or more, is " + context);
        }
        Optional<Path> picture = Arguments.find(arguments, "--picture");
        picture.ifPresent(PlanShowCommand::suffix);
        Optional<String> name = Arguments.find(arguments, "--plan");
        Path path = Arguments.parameter(arguments, 0);
        try (ModelFolder model = workshop.open(path)) {
            Stack before = Stack.of(model, context);
            Stack after = name.isEmpty() ? before : planned(workshop, model, name.get(), context);
            show(workshop.terminal(), after);
            totals(workshop.terminal(), before, after, name.isPresent());
            if (picture.isPresent()) {
                String title = name.map(plan -> "%s by %s".formatted(folder(path), folder(Path.of(plan))))
                        .orElse(folder(path));
                draw(picture.get(), new StackPicture(title, after, name.map(_ -> before)));
                workshop.terminal().println("wrote " + picture.get());
            }
        }
        return 0;
    }

    private static String folder(Path path) {
        Path name = path.toAbsolutePath().normalize().getFileName();
        return name == null ? path.toString() : name.toString();
    }

    private static Stack planned(Workshop workshop, ModelFolder model, String name, long context) {
        var over = new TreeSettings(AppConfig.overrides(workshop.globals().overrides(), false));
        TreeSettings settings = Plans.find(name, new Resources(workshop.platform()), over.take());
        LayerPlan plan = Plans.read(settings, model.spec().layers().size());
        return Stack.of(model, plan, workshop.catalogs().mixerCatalog(), context);
    }

    private static void show(Terminal terminal, Stack stack) {
        String at = StackPicture.length(stack.context());
        Table table = new Table("LAYER", "LABEL", "MIXER", "PARAMETERS", "WEIGHTS", "CACHE AT " + at, "PER TOKEN");
        for (int i = 0; i < stack.layers().size(); i++) {
            line(table, Integer.toString(i), stack.layers().get(i));
        }
        line(table, "", stack.rest());
        table.print(terminal);
        List<String> mixers = stack.layers().stream().map(Stack.Layer::mixer).toList();
        terminal.println("");
        terminal.println("layers = " + PlanWriter.words(mixers));
    }

    private static void line(Table table, String number, Stack.Layer layer) {
        String settings = layer.settings().isEmpty() ? "" : " " + layer.settings();
        table.row(
                number,
                layer.label(),
                (layer.converted() ? "* " : "") + layer.mixer() + settings,
                Amounts.count(layer.parameters()),
                Amounts.bytes(layer.weights()),
                Amounts.bytes(layer.cache()),
                Amounts.bytes(layer.decode()));
    }

    private static void totals(Terminal terminal, Stack before, Stack after, boolean planned) {
        Table table = planned ? new Table("", "TEACHER", "STUDENT", "CHANGE") : new Table("", "ALL");
        total(table, "parameters", before, after, planned, Stack.Layer::parameters, false);
        total(table, "weights", before, after, planned, Stack.Layer::weights, true);
        total(
                table,
                "cache at " + StackPicture.length(after.context()),
                before,
                after,
                planned,
                Stack.Layer::cache,
                true);
        total(table, "read and written per token", before, after, planned, Stack.Layer::decode, true);
        terminal.println("");
        table.print(terminal);
        if (planned) {
            terminal.println("");
            terminal.println("* another mixer than the teacher's");
        }
    }

    private static void total(
            Table table,
            String name,
            Stack before,
            Stack after,
            boolean planned,
            ToLongFunction<Stack.Layer> value,
            boolean bytes) {
        long was = value.applyAsLong(before.total());
        long is = value.applyAsLong(after.total());
        String shown = bytes ? Amounts.bytes(is) : Amounts.count(is);
        if (planned) {
            String change = was == 0 ? "-" : String.format(Locale.ROOT, "%+.1f %%", 100.0 * is / was - 100);
            table.row(name, bytes ? Amounts.bytes(was) : Amounts.count(was), shown, change);
        } else {
            table.row(name, shown);
        }
    }

    private static String suffix(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        if (!name.endsWith(".svg") && !name.endsWith(".png")) {
            throw new SettingsException("--picture: found '%s'; name a file that ends in .svg or .png".formatted(file));
        }
        return name.substring(name.length() - 3);
    }

    private static void draw(Path file, StackPicture picture) throws IOException {
        Files.write(file, suffix(file).equals("svg") ? picture.svg() : png(picture));
    }

    // a machine without fonts cannot draw letters; what fails then is not the same everywhere
    private static byte[] png(StackPicture picture) {
        try {
            return picture.png();
        } catch (LinkageError | InternalError e) {
            throw new SettingsException(
                    "--picture: a PNG needs the machine's fonts, which cannot be used (%s); an SVG does not"
                            .formatted(e),
                    e);
        }
    }
}
