package carve.runtime.catalog;

import java.util.ServiceLoader;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The formats that are installed beside the runtime, on the module path or class path. */
final class ServiceLookup {
    private ServiceLookup() {}

    /** Returns the implementations of a service; those in module-infos on the class path come last and are looked for late. */
    static <S> Stream<S> stream(Class<S> service) {
        ClassLoader loader = ServiceLookup.class.getClassLoader();
        return Stream.<Supplier<ServiceLoader<S>>>of(
                        () -> ServiceLoader.load(service, loader),
                        () -> ServiceLoader.load(service, ClassPathModules.over(loader)))
                .flatMap(found -> found.get().stream().map(ServiceLoader.Provider::get));
    }
}
