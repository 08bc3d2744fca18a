package carve.cuda;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What this machine has for a card besides its driver.
 *
 * @param compilers NVRTC or nvcc; a {@link NoCompiler} where there is neither
 * @param packed whether kernels were packed with this plugin
 * @param products cuBLAS
 */
record Tools(Compiler compilers, boolean packed, Optional<Library> products) {
    /** Looks for them where the settings say, and where they usually are. */
    static Tools find(CudaConfig config) {
        Optional<Compiler> found = NvrtcCompiler.find(config.libraries()).map(Compiler.class::cast);
        Compiler compiler =
                found.or(() -> NvccCompiler.find().map(Compiler.class::cast)).orElseGet(NoCompiler::new);
        Optional<Library> products =
                config.library() ? Library.find("libcublas", config.libraries()) : Optional.empty();
        return new Tools(compiler, PrebuiltCompiler.isHere(), products);
    }

    /** Returns whether kernels can be had for a card: what was packed is for current ones. */
    boolean compilesFor(Card card) {
        return compilers.compiles() || packed && card.isCurrent();
    }

    /** Returns the compiler of a device: what was packed, what is in a folder, what is compiled now. */
    Compiler compiler(Path cache) {
        return new PrebuiltCompiler(new CachingCompiler(compilers, cache));
    }

    /** Returns what there is, as people read it. */
    String description() {
        String blas = products.map(CublasBlas::version)
                .orElse("products of matrices by its own kernel (no libcublas.so.12 or .13)");
        return (packed ? new PrebuiltCompiler(compilers).version() : compilers.version()) + ", " + blas;
    }
}
