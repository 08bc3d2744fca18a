package carve.distill;

import carve.api.config.Settings;
import carve.api.config.SettingsNode;
import carve.attention.AttentionProvider;
import carve.distill.data.InternVlDataProvider;
import carve.distill.data.LlavaDataProvider;
import carve.distill.loss.AttentionCrossEntropyLossProvider;
import carve.distill.loss.CrossEntropyLossProvider;
import carve.distill.loss.FrobeniusLossProvider;
import carve.distill.loss.HardCrossEntropyLossProvider;
import carve.distill.loss.JensenShannonLossProvider;
import carve.distill.loss.KlLossProvider;
import carve.distill.loss.L2LossProvider;
import carve.distill.loss.MatrixFrobeniusLossProvider;
import carve.distill.loss.MeanSquaredErrorLossProvider;
import carve.distill.loss.ReverseKlLossProvider;
import carve.distill.loss.TopKKlLossProvider;
import carve.distill.optimizer.AdamWOptimizerProvider;
import carve.distill.optimizer.ConstantScheduleProvider;
import carve.distill.optimizer.CosineScheduleProvider;
import carve.distill.optimizer.LinearScheduleProvider;
import carve.distill.optimizer.WarmupStableDecayScheduleProvider;
import carve.hocon.Hocon;
import carve.mamba2.Mamba2Provider;
import carve.mamba2.MambaInLlamaProvider;
import carve.models.hovle.HovleFamily;
import carve.models.llava.LlavaFamily;
import carve.runtime.catalog.Catalogs;
import carve.runtime.train.TrainingStage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The providers that these tests use, with the defaults of every module. */
final class TestCatalogs {
    static final Catalogs CATALOGS = with();

    private TestCatalogs() {}

    /** Returns the providers of these tests and others. */
    static Catalogs with(Object... others) {
        List<Object> all = new ArrayList<>(List.of(
                new AttentionProvider(),
                new Mamba2Provider(),
                new MambaInLlamaProvider(),
                new HovleFamily(),
                new LlavaFamily(),
                new InternVlDataProvider(),
                new LlavaDataProvider(),
                new MeanSquaredErrorLossProvider(),
                new KlLossProvider(),
                new L2LossProvider(),
                new CrossEntropyLossProvider(),
                new FrobeniusLossProvider(),
                new HardCrossEntropyLossProvider(),
                new JensenShannonLossProvider(),
                new AttentionCrossEntropyLossProvider(),
                new MatrixFrobeniusLossProvider(),
                new ReverseKlLossProvider(),
                new TopKKlLossProvider(),
                new AdamWOptimizerProvider(),
                new WarmupStableDecayScheduleProvider(),
                new CosineScheduleProvider(),
                new LinearScheduleProvider(),
                new ConstantScheduleProvider(),
                new DistillStageProvider(),
                new SupervisedStageProvider()));
        all.addAll(List.of(others));
        return Catalogs.of(all, defaults());
    }

    // those on the class path share a loader, which would find the first reference.conf alone
    private static SettingsNode.Section defaults() {
        SettingsNode.Section mixers = new SettingsNode.Section(Map.of(), "defaults");
        try {
            ClassLoader loader = TestCatalogs.class.getClassLoader();
            for (URL url : Collections.list(loader.getResources("reference.conf"))) {
                try (InputStream in = url.openStream()) {
                    Settings settings =
                            Hocon.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), url.toString());
                    mixers = mixers(settings).over(mixers);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new SettingsNode.Section(Map.of("mixers", mixers), "defaults");
    }

    private static SettingsNode.Section mixers(Settings reference) {
        Map<String, SettingsNode> installed = new LinkedHashMap<>();
        if (reference.section("carve").has("mixers")) {
            installed.putAll(
                    reference.section("carve").section("mixers").asTree().members());
            installed.keySet().retainAll(Set.of("attention", "mamba2", "mamba-in-llama"));
        }
        return new SettingsNode.Section(installed, "defaults");
    }

    /** Returns the stage that HOCON describes. */
    static TrainingStage stage(String hocon) {
        return TrainingStage.of(Hocon.parse(hocon, "recipe"), CATALOGS);
    }
}
