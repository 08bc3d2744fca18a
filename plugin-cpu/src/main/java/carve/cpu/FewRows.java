package carve.cpu;

import carve.api.device.DeviceException;
import carve.cpu.code.MachineCode;
import java.lang.System.Logger.Level;
import java.util.Locale;

/**
 * Products of few rows with weights as they are stored, {@code y (M, N) = x (M, K) W (N, K)^T + b}: what decoding spends its time
 * on. The law: the bits of a row of y depend on that row of x, the weights and the machine alone.
 */
interface FewRows extends AutoCloseable {
    /** Returns what computes them. */
    String name();

    /** Returns whether products of many rows are to be computed here too, where no instructions for BF16 do. */
    boolean servesMany();

    /** Writes y. */
    void multiply(Rows.Product p, int m, long x, long y);

    @Override
    default void close() {}

    /**
     * Returns what a device uses: machine code where it runs and is not declined, else vectors; said in the log.
     *
     * @param config says whether machine code is declined, and whether large products are for a library
     * @param plain how many multiplications plain loops may do first
     * @throws DeviceException if machine code is asked for and cannot be
     */
    static FewRows of(CpuConfig config, Workers workers, long plain) {
        CpuConfig.FewRows policy = config.fewRows();
        if (policy == CpuConfig.FewRows.VECTOR) {
            return new VectorProducts(workers, plain);
        }
        String reason = "this is not x86-64 Linux with vectors of 512 bits";
        if (MachineCode.isForThisSystem() && Memory.LANES == ProductCode.LANES) {
            try {
                boolean many = config.blas() == CpuConfig.Blas.AUTO || config.blas() == CpuConfig.Blas.OWN;
                return new CodedProducts(workers, many);
            } catch (DeviceException e) {
                reason = e.getMessage();
            }
        }
        if (policy == CpuConfig.FewRows.CODE) {
            throw new DeviceException(
                    "cpu: few-rows = code, but there is none here: %s; few-rows = auto does without it"
                            .formatted(reason));
        }
        System.getLogger("carve.cpu")
                .log(
                        Level.DEBUG,
                        "few rows are multiplied with vectors, not machine code (few-rows = {0}): {1}",
                        policy.name().toLowerCase(Locale.ROOT),
                        reason);
        return new VectorProducts(workers, plain);
    }
}
