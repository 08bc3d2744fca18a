package carve.app.cli;

import carve.api.config.TreeSettings;
import carve.api.model.LayerPlan;
import carve.app.plugin.Presets;
import carve.app.report.HumanReadable;
import carve.app.report.LayerDiagram;
import carve.app.report.Terminal;
import carve.app.report.TextTable;
import carve.app.train.PlanLoader;
import carve.app.wiring.AppConfig;
import carve.app.wiring.GlobalOptions;
import carve.app.wiring.ModelOpener;
import carve.runtime.catalog.Catalogs;
import carve.runtime.memory.InferenceCost;
import carve.runtime.model.ModelFolder;
import carve.runtime.plan.LayerPlanReader;
import carve.runtime.plan.PlanWriter;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
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
    private final Terminal terminal;
    private final GlobalOptions globalOptions;
    private final Provider<Presets> presets;
    private final Provider<Catalogs> catalogs;
    private final ModelOpener modelOpener;

    @Inject
    PlanShowCommand(
            Terminal terminal,
            GlobalOptions globalOptions,
            Provider<Presets> presets,
            Provider<Catalogs> catalogs,
            ModelOpener modelOpener) {
        this.terminal = terminal;
        this.globalOptions = globalOptions;
        this.presets = presets;
        this.catalogs = catalogs;
        this.modelOpener = modelOpener;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        PlanShowCommand.class,
                        "show",
                        "Show the layers of a model, or of the student that a plan makes of it: parameters, cache, and the bytes that a"
                                + " decoding step moves. Nothing is converted, no weight is read.")
                .parameter(
                        Path.class, "MODEL", "Folder of the model or teacher, or hf:ORG/NAME; weights are not needed.")
                .option("--plan", String.class, "PLAN", "File with a plan or a recipe, or the name of a preset.")
                .option("--at", Long.class, "N", "Context length for which caches are counted; 16384 if not given.")
                .option("--picture", Path.class, "FILE", "Also draw the layers as an image: FILE.svg or FILE.png.")
                .example("carve plan show models/mmmamba-hybrid")
                .example("carve plan show models/hovle --plan mmmamba-hybrid --picture hybrid.svg")
                .example("carve plan show models/hovle --plan linear -Drepeat='[keep, mamba2 x7]' --at 131072")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException {
        long context = CommandOptions.valueOr(arguments, "--at", 16 * 1024L);
        if (context < 1) {
            throw new IllegalArgumentException("--at must be 1 or more, is " + context);
        }
        Optional<Path> picture = CommandOptions.find(arguments, "--picture");
        picture.ifPresent(PictureFile::suffix);
        Optional<String> name = CommandOptions.find(arguments, "--plan");
        Path path = CommandOptions.parameter(arguments, 0);
        try (ModelFolder model = modelOpener.open(path)) {
            InferenceCost before = InferenceCost.of(model, context);
            InferenceCost after = name.isEmpty() ? before : planned(model, name.get(), context);
            show(terminal, after);
            totals(terminal, before, after, name.isPresent());
            if (picture.isPresent()) {
                String title = name.map(plan -> "%s by %s".formatted(folder(path), folder(Path.of(plan))))
                        .orElse(folder(path));
                var diagram = new LayerDiagram(title, after, name.map(_ -> before));
                Files.write(picture.get(), PictureFile.bytes(picture.get(), diagram::svg, diagram::png));
                terminal.println("wrote " + picture.get());
            }
        }
        return 0;
    }

    private static String folder(Path path) {
        Path name = path.toAbsolutePath().normalize().getFileName();
        return name == null ? path.toString() : name.toString();
    }

    private InferenceCost planned(ModelFolder model, String name, long context) {
        var over = new TreeSettings(AppConfig.overrides(globalOptions.overrides(), false));
        TreeSettings settings = PlanLoader.load(name, presets.get(), over.asTree());
        LayerPlan plan =
                LayerPlanReader.readRecipe(settings, model.spec().layers().size());
        return InferenceCost.of(model, plan, catalogs.get().mixerCatalog(), context);
    }

    private static void show(Terminal terminal, InferenceCost inferenceCost) {
        String at = LayerDiagram.formatTokens(inferenceCost.context());
        TextTable textTable =
                new TextTable("LAYER", "LABEL", "MIXER", "PARAMETERS", "WEIGHTS", "CACHE AT " + at, "PER TOKEN");
        for (int i = 0; i < inferenceCost.layers().size(); i++) {
            line(textTable, Integer.toString(i), inferenceCost.layers().get(i));
        }
        line(textTable, "", inferenceCost.other());
        textTable.print(terminal);
        List<String> mixers = inferenceCost.layers().stream()
                .map(InferenceCost.LayerCost::mixer)
                .toList();
        terminal.println("");
        terminal.println("layers = " + PlanWriter.compact(mixers));
    }

    private static void line(TextTable textTable, String number, InferenceCost.LayerCost layerCost) {
        String settings = layerCost.settings().isEmpty() ? "" : " " + layerCost.settings();
        textTable.row(
                number,
                layerCost.label(),
                (layerCost.converted() ? "* " : "") + layerCost.mixer() + settings,
                HumanReadable.count(layerCost.parameterCount()),
                HumanReadable.bytes(layerCost.weightBytes()),
                HumanReadable.bytes(layerCost.cacheBytes()),
                HumanReadable.bytes(layerCost.bytesPerDecodeStep()));
    }

    private static void totals(Terminal terminal, InferenceCost before, InferenceCost after, boolean planned) {
        TextTable textTable = planned ? new TextTable("", "TEACHER", "STUDENT", "CHANGE") : new TextTable("", "ALL");
        total(textTable, "parameters", before, after, planned, InferenceCost.LayerCost::parameterCount, false);
        total(textTable, "weights", before, after, planned, InferenceCost.LayerCost::weightBytes, true);
        total(
                textTable,
                "cache at " + LayerDiagram.formatTokens(after.context()),
                before,
                after,
                planned,
                InferenceCost.LayerCost::cacheBytes,
                true);
        total(
                textTable,
                "read and written per token",
                before,
                after,
                planned,
                InferenceCost.LayerCost::bytesPerDecodeStep,
                true);
        terminal.println("");
        textTable.print(terminal);
        if (planned) {
            terminal.println("");
            terminal.println("* converted: the mixer differs from the teacher's");
        }
    }

    private static void total(
            TextTable textTable,
            String name,
            InferenceCost before,
            InferenceCost after,
            boolean planned,
            ToLongFunction<InferenceCost.LayerCost> value,
            boolean bytes) {
        long was = value.applyAsLong(before.total());
        long is = value.applyAsLong(after.total());
        String shown = bytes ? HumanReadable.bytes(is) : HumanReadable.count(is);
        if (planned) {
            String change = was == 0 ? "-" : String.format(Locale.ROOT, "%+.1f %%", 100.0 * is / was - 100);
            textTable.row(name, bytes ? HumanReadable.bytes(was) : HumanReadable.count(was), shown, change);
        } else {
            textTable.row(name, shown);
        }
    }
}
