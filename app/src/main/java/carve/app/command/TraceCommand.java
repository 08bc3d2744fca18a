package carve.app.command;

import carve.api.model.LoadedModel;
import carve.api.model.ModelFolder;
import carve.api.model.Storage;
import carve.app.work.Tracing;
import carve.app.work.Workshop;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve trace}. */
final class TraceCommand implements Command {
    @Override
    public CommandSpec specification() {
        return Arguments.of(
                        this,
                        "trace",
                        "Write a model's logits and the hidden states of every layer, to compare them with another implementation's.",
                        "The input has input_ids (I64, B x L) and perhaps attention_mask and pixel_values; the output has logits,"
                                + " h.embed, h.emb.I, h.llm.I and h.final_norm.")
                .parameter(Path.class, "MODEL", "Folder of the model.")
                .required("--input", Path.class, "FILE", "Safetensors with the input.")
                .required("--out", Path.class, "FILE", "Safetensors to write.")
                .option(
                        "--greedy",
                        Integer.class,
                        "N",
                        "Choose N tokens with the model's state, and write greedy_tokens and"
                                + " greedy_step_logits, too.")
                .option(
                        "--exclude",
                        Integer[].class,
                        "ID",
                        "A token id that is never chosen; may be given more than once.")
                .example("carve trace MODEL --input in.safetensors --out out.safetensors")
                .example("carve trace MODEL --input in.safetensors --out out.safetensors --greedy 32 --exclude 92546")
                .build();
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) {
        Path out = Arguments.get(arguments, "--out", Path.of("out.safetensors"));
        Set<Integer> excluded = Arrays.stream(Arguments.get(arguments, "--exclude", new Integer[0]))
                .collect(Collectors.toSet());
        try (ModelFolder folder = workshop.open(Arguments.parameter(arguments, 0));
                LoadedModel model = folder.load(workshop.device(), Storage.KEEP)) {
            new Tracing(model)
                    .trace(
                            Arguments.get(arguments, "--input", Path.of("in.safetensors")),
                            out,
                            Arguments.get(arguments, "--greedy", 0),
                            excluded);
        }
        workshop.terminal().println("wrote " + out);
        return 0;
    }
}
