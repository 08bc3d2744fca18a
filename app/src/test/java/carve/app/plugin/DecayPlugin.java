package carve.app.plugin;

import java.io.IOException;
import java.nio.file.Path;

/** Versions of a plugin whose mixer adds up what it has seen: each forgets at another rate, which only its classes know. */
final class DecayPlugin {
    /** The name of the mixer, and of the plugin. */
    static final String NAME = "decay";

    private static final int COMPANIONS = 30;
    private static final double[] RATES = {0, 0.5, 0.95, -0.5, -0.95};

    /** How many versions there are. */
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
                            public Mixer create(LayerConfig dims, Settings settings) { return new Decay(COMPANIONS); }
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

            record Decay(int companions) implements Mixer {
                public List<ParamSpec> parameters() { return List.of(); }
                public boolean hasConstantState() { return true; }
                public long stateBytes(int batch, long positions) { return 0; }
                public Map<String, Tensor> initFrom(AttentionWeights from) { return Map.of(); }
                public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook probe) { return mix(x, new State(new StateTensors(), 0)); }
                public MixerState newState(Device device, int batch, int capacity) { return new State(new StateTensors(), 0); }
                public Tensor advance(Params p, Tensor x, MixerState state) { return mix(x, (State) state); }

                private static Tensor mix(Tensor x, State state) {
                    List<Tensor> out = new ArrayList<>();
                    for (int t = 0; t < x.extent(1); t++) {
                        Tensor now = x.slice(1, t, t + 1);
                        Tensor before = state.tensors.asMap().get("sum");
                        Tensor sum = before == null ? now : before.multiply(%s).add(now);
                        state.tensors.put("sum", StateTensors.copy(sum));
                        out.add(sum.multiply(4));
                    }
                    state.position += x.extent(1);
                    return Tensors.concat(1, out);
                }

                private static final class State implements MixerState {
                    private final StateTensors tensors;
                    private int position;
                    State(StateTensors tensors, int position) { this.tensors = tensors; this.position = position; }
                    public int position() { return position; }
                    public long bytes() { return tensors.bytes(); }
                    public MixerState fork() { return new State(tensors.copy(), position); }
                    public Map<String, Tensor> save() { return tensors.asMap(); }
                    public void load(Map<String, Tensor> saved, int at) { tensors.load(saved); position = at; }
                    public void close() { tensors.close(); }
                }
            }
            """;
}
