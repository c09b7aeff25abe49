namespace Dure.Edge.Onnx;

/// <summary>Element types by their number in the ONNX file (TensorProto.DataType). The session runs Float, Double, Int64 and Bool; the others are only read and named.</summary>
public enum OnnxType
{
    Undefined = 0,
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    UInt16 = 4,
    Int16 = 5,
    Int32 = 6,
    Int64 = 7,
    Text = 8,
    Bool = 9,
    Float16 = 10,
    Double = 11,
    UInt32 = 12,
    UInt64 = 13,
    Complex64 = 14,
    Complex128 = 15,
    BFloat16 = 16,
}

internal static class OnnxTypes
{
    /// <summary>Bytes of one element, or 0 for a type the session cannot hold.</summary>
    public static int Size(this OnnxType type) => type switch
    {
        OnnxType.Float => sizeof(float),
        OnnxType.Double => sizeof(double),
        OnnxType.Int64 => sizeof(long),
        OnnxType.Bool => sizeof(bool),
        _ => 0,
    };

    public static OnnxType Of<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? OnnxType.Float
        : typeof(T) == typeof(double) ? OnnxType.Double
        : typeof(T) == typeof(long) ? OnnxType.Int64
        : typeof(T) == typeof(bool) ? OnnxType.Bool
        : throw new ArgumentException($"{typeof(T).Name} is not float, double, long or bool.");
}
