package carve.app.plugin;

import java.io.IOException;
import java.nio.file.Path;

/** Versions of a plugin whose mixer adds up what it has seen: each forgets at another rate, which only its classes know. */
final class DecayPlugin {
    /** The name of the mixer, and of the plugin. */
    static final String NAME = "decay";

    private static final int COMPANIONS = 30;
    private static final double[] RATES = {0, 0.5, 0.95, -0.5, -0.95};

    /** The number of versions. */
    static final int VERSIONS = RATES.length;

    private DecayPlugin() {}

    /** Returns the name and version of the module of a version. */
    static String module(int version) {
        return "com.example.decay@1." + version;
    }

    /** Writes the jar of a version. It has companion classes, so that it is seen in the memory of classes. */
    static void write(int version, Path jar) throws IOException {
        StringBuilder companions = new StringBuilder();
        StringBuilder touched = new StringBuilder("0");
        for (int i = 0; i < COMPANIONS; i++) {
            companions.append("record Companion%d(int a, long b, String c) {}%n".formatted(i));
            touched.append(" + new Companion%d(1, 2, \"x\").a()".formatted(i));
        }
        PluginJarBuilder.mixer("com.example.decay", NAME)
                .version("1." + version)
                .file("com/example/decay/Companions.java", "package com.example.decay;\n" + companions)
                .file("com/example/decay/Provider.java", """
                        package com.example.decay;

                        import carve.api.config.Settings;
                        import carve.api.mixer.*;

                        public final class Provider implements MixerProvider, AutoCloseable {
                            private static final int COMPANIONS = %s;
                            public String name() { return "decay"; }
                            public Mixer create(LayerConfig dims, Settings settings) { return new Decay(dims.hidden(), COMPANIONS); }
                            public void close() { System.setProperty("carve.test.closed", "1.%d"); }
                        }
                        """.formatted(touched, version))
                .file("com/example/decay/Decay.java", DECAY.formatted(RATES[version]))
                .write(jar);
    }

    private static final String DECAY = """
            package com.example.decay;

            import carve.api.device.Device;
            import carve.api.mixer.*;
            import carve.api.op.SequenceLayout;
            import carve.api.param.*;
            import carve.api.tensor.*;
            import java.util.*;

            record Decay(int hidden, int companions) implements Mixer {
                public List<ParamSpec> parameters() { return List.of(); }
                public List<StateSpec> state() { return List.of(StateSpec.fixed("sum", hidden)); }
                public Map<String, Tensor> initFrom(AttentionWeights from) { return Map.of(); }
                public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook hook) {
                    return mix(x, StateSlots.initial(x.device(), state(), s));
                }
                public Tensor advance(Params p, Tensor x, StateSlots slots) { return mix(x, slots); }

                private static Tensor mix(Tensor x, StateSlots slots) {
                    List<Tensor> out = new ArrayList<>();
                    Tensor sum = slots.get("sum").reshape(x.extent(0), 1, x.extent(2));
                    for (int t = 0; t < x.extent(1); t++) {
                        sum = sum.multiply(%s).add(x.slice(1, t, t + 1));
                        out.add(sum.multiply(4));
                    }
                    slots.set("sum", sum.reshape(x.extent(0), x.extent(2)));
                    return Tensors.concat(1, out);
                }
            }
            """;
}
