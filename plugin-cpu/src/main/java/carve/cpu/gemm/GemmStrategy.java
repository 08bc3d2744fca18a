package carve.cpu.gemm;

import carve.api.device.DeviceException;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * One row of the table of matrix products: a kernel, and the problems that it is used for.
 *
 * @param name the name, lower case with dashes
 * @param condition the condition for people, with its numbers
 * @param implementation the implementation for people
 * @param accepts whether the kernel is to compute a problem, by extents and storage alone
 * @param reasonAgainst the reason why the kernel is not available here, or an empty string; it is asked only for accepted problems,
 *     so that a library is loaded by the first product that is large enough
 * @param kernel the kernel
 * @param addsBias whether the kernel adds the bias, which is otherwise added afterwards
 */
public record GemmStrategy(
        String name,
        String condition,
        String implementation,
        Predicate<GemmProblem> accepts,
        Supplier<String> reasonAgainst,
        GemmKernel kernel,
        boolean addsBias) {
    /** The columns of {@link #row}. */
    public static final List<String> COLUMNS = List.of("STRATEGY", "USED FOR", "IMPLEMENTATION", "STATE");

    private static final Supplier<String> AVAILABLE = () -> "";

    /** Returns a built-in strategy, which is always available. */
    static GemmStrategy builtin(
            String name, String condition, String implementation, Predicate<GemmProblem> accepts, GemmKernel kernel) {
        return new GemmStrategy(name, condition, implementation, accepts, AVAILABLE, kernel, false);
    }

    /** Returns this strategy with a kernel that adds the bias. */
    GemmStrategy addingBias() {
        return new GemmStrategy(name, condition, implementation, accepts, reasonAgainst, kernel, true);
    }

    /** Returns this strategy with something that it depends on. */
    GemmStrategy unless(Supplier<String> reason) {
        return new GemmStrategy(name, condition, implementation, accepts, reason, kernel, addsBias);
    }

    /** Returns whether the strategy computes a problem. */
    boolean supports(GemmProblem problem) {
        return accepts.test(problem) && reasonAgainst.get().isEmpty();
    }

    /** Returns name, condition, implementation and state, for people; loads libraries to know the state. */
    public List<String> row() {
        String reason = reason();
        return List.of(name, condition, implementation, reason.isEmpty() ? "available" : "not available: " + reason);
    }

    private String reason() {
        try {
            return reasonAgainst.get();
        } catch (DeviceException e) { // the settings require what is not available: products will be refused like this
            return e.getMessage();
        }
    }
}
