package carve.bench;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Fused multiplications and additions on registers alone: sixteen chains, so that none waits for another. */
final class FmaThroughput {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int CHAINS = 16;
    private static final int ROUNDS = 200_000;

    /** The floating-point operations of one run. */
    static final double FLOPS = 2.0 * CHAINS * ROUNDS * SPECIES.length();

    private FmaThroughput() {}

    /** Returns what came out, lest it is not computed. */
    static float run() {
        FloatVector x = FloatVector.broadcast(SPECIES, 0.999f);
        FloatVector y = FloatVector.broadcast(SPECIES, 0.001f);
        FloatVector a = x;
        FloatVector b = x;
        FloatVector c = x;
        FloatVector d = x;
        FloatVector e = x;
        FloatVector f = x;
        FloatVector g = x;
        FloatVector h = x;
        FloatVector i = y;
        FloatVector j = y;
        FloatVector k = y;
        FloatVector l = y;
        FloatVector m = y;
        FloatVector n = y;
        FloatVector o = y;
        FloatVector p = y;
        for (int round = 0; round < ROUNDS; round++) {
            a = a.fma(x, y);
            b = b.fma(x, y);
            c = c.fma(x, y);
            d = d.fma(x, y);
            e = e.fma(x, y);
            f = f.fma(x, y);
            g = g.fma(x, y);
            h = h.fma(x, y);
            i = i.fma(x, y);
            j = j.fma(x, y);
            k = k.fma(x, y);
            l = l.fma(x, y);
            m = m.fma(x, y);
            n = n.fma(x, y);
            o = o.fma(x, y);
            p = p.fma(x, y);
        }
        FloatVector first = a.add(b).add(c).add(d).add(e.add(f).add(g).add(h));
        FloatVector second = i.add(j).add(k).add(l).add(m.add(n).add(o).add(p));
        return first.add(second).lane(0);
    }
}
