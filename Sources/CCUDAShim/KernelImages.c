// Written by Scripts/build-kernels.
#include "CCUDAShim.h"

#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

static const char text0[] = {
#embed "../CUDABackend/Kernels/Compiled/Rows.ptx"
, 0};
static const char machine0[] = {
#embed "../CUDABackend/Kernels/Compiled/Rows.sm_90.cubin"
};
static const char text1[] = {
#embed "../CUDABackend/Kernels/Compiled/Attention.ptx"
, 0};
static const char machine1[] = {
#embed "../CUDABackend/Kernels/Compiled/Attention.sm_90.cubin"
};
static const char text2[] = {
#embed "../CUDABackend/Kernels/Compiled/Quantise.ptx"
, 0};
static const char machine2[] = {
#embed "../CUDABackend/Kernels/Compiled/Quantise.sm_90.cubin"
};
static const char text3[] = {
#embed "../CUDABackend/Kernels/Compiled/AnyProduct.ptx"
, 0};
static const char machine3[] = {
#embed "../CUDABackend/Kernels/Compiled/AnyProduct.sm_90.cubin"
};
static const char text4[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeStep.ptx"
, 0};
static const char machine4[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeStep.sm_90.cubin"
};
static const char text5[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.f32.ptx"
, 0};
static const char machine5[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.f32.sm_90.cubin"
};
static const char text6[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.f16.ptx"
, 0};
static const char machine6[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.f16.sm_90.cubin"
};
static const char text7[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.bf16.ptx"
, 0};
static const char machine7[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.bf16.sm_90.cubin"
};
static const char text8[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.int8.ptx"
, 0};
static const char machine8[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.int8.sm_90.cubin"
};
static const char text9[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.n4.ptx"
, 0};
static const char machine9[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.n4.sm_90.cubin"
};
static const char text10[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.n4dq.ptx"
, 0};
static const char machine10[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.n4dq.sm_90.cubin"
};
static const char text11[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.q4_0.ptx"
, 0};
static const char machine11[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.q4_0.sm_90.cubin"
};
static const char text12[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.q4_1.ptx"
, 0};
static const char machine12[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.q4_1.sm_90.cubin"
};
static const char text13[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.q8_0.ptx"
, 0};
static const char machine13[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixVector.q8_0.sm_90.cubin"
};
static const char text14[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.f32.ptx"
, 0};
static const char machine14[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.f32.sm_90.cubin"
};
static const char text15[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.f16.ptx"
, 0};
static const char machine15[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.f16.sm_90.cubin"
};
static const char text16[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.bf16.ptx"
, 0};
static const char machine16[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.bf16.sm_90.cubin"
};
static const char text17[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.int8.ptx"
, 0};
static const char machine17[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.int8.sm_90.cubin"
};
static const char text18[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.n4.ptx"
, 0};
static const char machine18[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.n4.sm_90.cubin"
};
static const char text19[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.n4dq.ptx"
, 0};
static const char machine19[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.n4dq.sm_90.cubin"
};
static const char text20[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.q4_0.ptx"
, 0};
static const char machine20[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.q4_0.sm_90.cubin"
};
static const char text21[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.q4_1.ptx"
, 0};
static const char machine21[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.q4_1.sm_90.cubin"
};
static const char text22[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.q8_0.ptx"
, 0};
static const char machine22[] = {
#embed "../CUDABackend/Kernels/Compiled/MatrixProduct.q8_0.sm_90.cubin"
};
static const char text23[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.f32.ptx"
, 0};
static const char machine23[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.f32.sm_90.cubin"
};
static const char text24[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.f16.ptx"
, 0};
static const char machine24[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.f16.sm_90.cubin"
};
static const char text25[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.bf16.ptx"
, 0};
static const char machine25[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.bf16.sm_90.cubin"
};
static const char text26[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.int8.ptx"
, 0};
static const char machine26[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.int8.sm_90.cubin"
};
static const char text27[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.n4.ptx"
, 0};
static const char machine27[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.n4.sm_90.cubin"
};
static const char text28[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.n4dq.ptx"
, 0};
static const char machine28[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.n4dq.sm_90.cubin"
};
static const char text29[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.q4_0.ptx"
, 0};
static const char machine29[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.q4_0.sm_90.cubin"
};
static const char text30[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.q4_1.ptx"
, 0};
static const char machine30[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.q4_1.sm_90.cubin"
};
static const char text31[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.q8_0.ptx"
, 0};
static const char machine31[] = {
#embed "../CUDABackend/Kernels/Compiled/DecodeLoop.q8_0.sm_90.cubin"
};
static const char text32[] = {
#embed "../CUDABackend/Kernels/Compiled/TensorProduct.f16.ptx"
, 0};
static const char machine32[] = {
#embed "../CUDABackend/Kernels/Compiled/TensorProduct.f16.sm_90.cubin"
};
static const char text33[] = {
#embed "../CUDABackend/Kernels/Compiled/TensorProduct.bf16.ptx"
, 0};
static const char machine33[] = {
#embed "../CUDABackend/Kernels/Compiled/TensorProduct.bf16.sm_90.cubin"
};
static const char text34[] = {
#embed "../CUDABackend/Kernels/Compiled/TensorProduct.int8.ptx"
, 0};
static const char machine34[] = {
#embed "../CUDABackend/Kernels/Compiled/TensorProduct.int8.sm_90.cubin"
};
static const char text35[] = {
#embed "../CUDABackend/Kernels/Compiled/TensorProduct.n4.ptx"
, 0};
static const char machine35[] = {
#embed "../CUDABackend/Kernels/Compiled/TensorProduct.n4.sm_90.cubin"
};
static const char text36[] = {
#embed "../CUDABackend/Kernels/Compiled/TensorProduct.n4dq.ptx"
, 0};
static const char machine36[] = {
#embed "../CUDABackend/Kernels/Compiled/TensorProduct.n4dq.sm_90.cubin"
};
static const char text37[] = {
#embed "../CUDABackend/Kernels/Compiled/TensorProduct.q4_0.ptx"
, 0};
static const char machine37[] = {
#embed "../CUDABackend/Kernels/Compiled/TensorProduct.q4_0.sm_90.cubin"
};
static const char text38[] = {
#embed "../CUDABackend/Kernels/Compiled/TensorProduct.q4_1.ptx"
, 0};
static const char machine38[] = {
#embed "../CUDABackend/Kernels/Compiled/TensorProduct.q4_1.sm_90.cubin"
};
static const char text39[] = {
#embed "../CUDABackend/Kernels/Compiled/TensorProduct.q8_0.ptx"
, 0};
static const char machine39[] = {
#embed "../CUDABackend/Kernels/Compiled/TensorProduct.q8_0.sm_90.cubin"
};

static const struct { const char *name, *text, *machine; } images[] = {
    { "Rows", text0, machine0 },
    { "Attention", text1, machine1 },
    { "Quantise", text2, machine2 },
    { "AnyProduct", text3, machine3 },
    { "DecodeStep", text4, machine4 },
    { "MatrixVector.f32", text5, machine5 },
    { "MatrixVector.f16", text6, machine6 },
    { "MatrixVector.bf16", text7, machine7 },
    { "MatrixVector.int8", text8, machine8 },
    { "MatrixVector.n4", text9, machine9 },
    { "MatrixVector.n4dq", text10, machine10 },
    { "MatrixVector.q4_0", text11, machine11 },
    { "MatrixVector.q4_1", text12, machine12 },
    { "MatrixVector.q8_0", text13, machine13 },
    { "MatrixProduct.f32", text14, machine14 },
    { "MatrixProduct.f16", text15, machine15 },
    { "MatrixProduct.bf16", text16, machine16 },
    { "MatrixProduct.int8", text17, machine17 },
    { "MatrixProduct.n4", text18, machine18 },
    { "MatrixProduct.n4dq", text19, machine19 },
    { "MatrixProduct.q4_0", text20, machine20 },
    { "MatrixProduct.q4_1", text21, machine21 },
    { "MatrixProduct.q8_0", text22, machine22 },
    { "DecodeLoop.f32", text23, machine23 },
    { "DecodeLoop.f16", text24, machine24 },
    { "DecodeLoop.bf16", text25, machine25 },
    { "DecodeLoop.int8", text26, machine26 },
    { "DecodeLoop.n4", text27, machine27 },
    { "DecodeLoop.n4dq", text28, machine28 },
    { "DecodeLoop.q4_0", text29, machine29 },
    { "DecodeLoop.q4_1", text30, machine30 },
    { "DecodeLoop.q8_0", text31, machine31 },
    { "TensorProduct.f16", text32, machine32 },
    { "TensorProduct.bf16", text33, machine33 },
    { "TensorProduct.int8", text34, machine34 },
    { "TensorProduct.n4", text35, machine35 },
    { "TensorProduct.n4dq", text36, machine36 },
    { "TensorProduct.q4_0", text37, machine37 },
    { "TensorProduct.q4_1", text38, machine38 },
    { "TensorProduct.q8_0", text39, machine39 },
};

const char *ccuda_kernel_image(const char *name, int32_t major, int32_t minor) {
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        if (strcmp(images[i].name, name) == 0) return major == 9 && minor == 0 ? images[i].machine : images[i].text;
    }
    return NULL;
}

const char *ccuda_kernel_name(size_t index) { return index < sizeof images / sizeof *images ? images[index].name : NULL; }
