// A driver of one card by its functions, and a processor behind them: as much as JCudaDriver's callers need. Functions and
// their numbers are those of the CUDA Driver API. What is asked of the stream is done as late as the API allows, in order,
// when somebody waits for it: who reads too early, or writes to memory that a copy has yet to read, is found out. An image is
// the name of a library that the tests' compiler has made.
#include <cstdlib>
#include <cstring>
#include <deque>
#include <dlfcn.h>
#include <functional>
#include <string>
#include <vector>

struct Function {
    void (*call)(void**);
    void** (*keep)(void**);
    int (*launch)(void (*)(void**), void**, unsigned, unsigned, unsigned, unsigned);
};

struct Node {
    Function* function;
    unsigned x, y, z, threads;
    void** arguments;
};

struct Params { // CUDA_KERNEL_NODE_PARAMS_v2
    Function* function;
    unsigned x, y, z, threads, threads_y, threads_z, shared;
    void** arguments;
    void** extra;
    void* kernel;
    void* context;
};

typedef std::vector<Node*> Graph;

static const int INVALID = 1;
static const int OUT_OF_MEMORY = 2;
static const int NOT_READY = 600;
static const size_t MEMORY = (size_t) 1 << 30;

struct Event {
    size_t after; // so much work of the stream
};

static std::deque<std::function<int()>> asked;
static size_t all_asked = 0;
static size_t all_done = 0;
static int failed = 0;
static int alive = 0; // pinned memory, events and graphs that nobody has given back

static int ask(void* stream, std::function<int()> work) {
    asked.push_back(work);
    all_asked++;
    return stream == (void*) 2 ? failed : INVALID;
}

// does what was asked of the stream up to a place; a failure stays, as it does on a card
static int finish(size_t place) {
    for (; all_done < place; all_done++) {
        int code = asked.front()();
        asked.pop_front();
        failed = failed ? failed : code;
    }
    return failed;
}

static int run(Function* f, unsigned x, unsigned y, unsigned z, unsigned threads, void** arguments) {
    return f->launch(f->call, arguments, x, y, z, threads) == 0 ? 0 : 719;
}

extern "C" {
int cuInit(unsigned) { return 0; }
int cuDriverGetVersion(int* version) { *version = 13000; return 0; }
int cuDeviceGetCount(int* count) { *count = 1; return 0; }
int cuDeviceGet(int* device, int index) { *device = index; return index == 0 ? 0 : INVALID; }
int cuDeviceGetName(char* name, int, int) { strcpy(name, "a processor that plays a card"); return 0; }
int cuDeviceTotalMem_v2(size_t* bytes, int) { *bytes = MEMORY; return 0; }
int cuDeviceGetAttribute(int* value, int attribute, int) {
    *value = attribute == 75 ? 9 : attribute == 76 ? 0 : attribute == 16 ? 64 : -1;
    return 0;
}
int cuGetErrorString(int code, const char** text) {
    *text = code == OUT_OF_MEMORY ? "out of memory" : "invalid argument";
    return 0;
}
int cuDevicePrimaryCtxRetain(void** context, int) { *context = (void*) 1; return 0; }
int cuDevicePrimaryCtxRelease_v2(int) { return 0; }
int cuCtxSetCurrent(void*) { return 0; }
int cuStreamCreate(void** stream, unsigned) { *stream = (void*) 2; return 0; }
int cuStreamSynchronize(void* stream) { return stream == (void*) 2 ? finish(all_asked) : INVALID; }
int cuStreamDestroy_v2(void*) { return finish(all_asked); }
int cuEventCreate(Event** event, unsigned) { *event = new Event{0}; alive++; return 0; }
int cuEventDestroy_v2(Event* event) { delete event; alive--; return 0; }
int cuEventRecord(Event* event, void* stream) {
    event->after = all_asked;
    return stream == (void*) 2 ? 0 : INVALID;
}
int cuEventSynchronize(Event* event) { return finish(event->after); }
// something more is done each time somebody asks
int cuEventQuery(Event* event) {
    bool done = all_done >= event->after;
    int code = done ? 0 : finish(all_done + 1);
    return done || code ? code : NOT_READY;
}
int cuMemGetInfo_v2(size_t* free, size_t* total) { *free = *total = MEMORY; return 0; }
int cuMemAlloc_v2(void** address, size_t bytes) {
    if (bytes > MEMORY) {
        return OUT_OF_MEMORY;
    }
    *address = aligned_alloc(256, (bytes + 255) / 256 * 256);
    memset(*address, -1, bytes);
    return 0;
}
int cuMemFree_v2(void* address) { finish(all_asked); free(address); return address == nullptr ? INVALID : 0; }
int cuMemAllocHost_v2(void** address, size_t bytes) { *address = malloc(bytes); alive++; return 0; }
int cuMemFreeHost(void* address) { finish(all_asked); free(address); alive--; return 0; }
int cuMemcpyHtoDAsync_v2(void* to, const void* from, size_t bytes, void* stream) {
    return ask(stream, [=] { memcpy(to, from, bytes); return 0; });
}
int cuMemcpyDtoHAsync_v2(void* to, const void* from, size_t bytes, void* stream) {
    return ask(stream, [=] { memcpy(to, from, bytes); return 0; });
}
int cuMemcpyDtoDAsync_v2(void* to, const void* from, size_t bytes, void* stream) {
    return ask(stream, [=] { memcpy(to, from, bytes); return 0; });
}
int cuModuleLoadData(void** module, const void* image) {
    *module = dlopen((const char*) image, RTLD_NOW | RTLD_LOCAL);
    return *module == nullptr ? INVALID : 0;
}
int cuModuleUnload(void*) { return 0; }
int cuModuleGetFunction(void** function, void* module, const char* name) {
    auto* f = new Function;
    *(void**) &f->call = dlsym(module, (std::string("host_call_") + name).c_str());
    *(void**) &f->keep = dlsym(module, (std::string("host_keep_") + name).c_str());
    *(void**) &f->launch = dlsym(module, "host_launch");
    *function = f;
    return f->call && f->keep && f->launch ? 0 : INVALID;
}
int cuLaunchKernel(
        Function* f, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned b, unsigned c, unsigned, void* stream,
        void** arguments, void** extra) {
    void** kept = f->keep(arguments);
    return b != 1 || c != 1 || extra != nullptr ? INVALID : ask(stream, [=] { return run(f, x, y, z, threads, kept); });
}
int cuGraphCreate(Graph** graph, unsigned) { *graph = new Graph; alive++; return 0; }
int cuGraphDestroy(Graph*) { alive--; return 0; }
int cuGraphAddKernelNode_v2(Node** node, Graph* graph, Node* const* before, size_t count, const Params* p) {
    bool chained = graph->empty() ? count == 0 : count == 1 && before[0] == graph->back();
    *node = new Node{p->function, p->x, p->y, p->z, p->threads, p->function->keep(p->arguments)};
    graph->push_back(*node);
    return chained ? 0 : INVALID;
}
int cuGraphInstantiateWithFlags(Graph** executable, Graph* graph, unsigned long long) {
    *executable = graph;
    alive++;
    return 0;
}
int cuGraphExecKernelNodeSetParams_v2(Graph*, Node* node, const Params* p) {
    node->arguments = node->function->keep(p->arguments); // what was launched before keeps its own
    return node->function == p->function && node->x == p->x ? 0 : INVALID;
}
int cuGraphLaunch(Graph* graph, void* stream) {
    int code = 0;
    for (Node* node : *graph) {
        Node now = *node;
        code = ask(stream, [=] { return run(now.function, now.x, now.y, now.z, now.threads, now.arguments); });
    }
    return code;
}
int cuGraphExecDestroy(Graph*) { alive--; return 0; }
int played_alive() { return alive; }
}
