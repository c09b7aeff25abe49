using System.Runtime.CompilerServices;

namespace Dure.Learn.Neural;

/// <summary>
/// The innermost loops of <see cref="Gemm"/>: 12, 4 or 1 rows times one or two vectors of columns. The sums stay in registers, which is why each has
/// a name of its own: 24 of them and the two vectors of the right side are what 32 registers hold; 8 suffice where there are 16.
/// </summary>
internal static unsafe class GemmKernels
{
    public static void Run<T>(int height, int width, in Left a, float* panel, float* c, int rowOfC, bool add) where T : struct, ILanes<T>
    {
        switch (height, width == T.Count)
        {
            case (12, true): Twelve1<T>(a, panel, c, rowOfC, add); break;
            case (12, false): Twelve2<T>(a, panel, c, rowOfC, add); break;
            case (4, true): Four1<T>(a, panel, c, rowOfC, add); break;
            case (4, false): Four2<T>(a, panel, c, rowOfC, add); break;
            case (_, true): One1<T>(a, panel, c, add); break;
            default: One2<T>(a, panel, c, add); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<T>(T sum, float* to, bool add) where T : struct, ILanes<T> => (add ? T.Add(T.Load(to), sum) : sum).Store(to);

    private static void Twelve2<T>(in Left a, float* b, float* c, int rowOfC, bool add) where T : struct, ILanes<T>
    {
        T s0a = default, s0b = default, s1a = default, s1b = default, s2a = default, s2b = default, s3a = default, s3b = default;
        T s4a = default, s4b = default, s5a = default, s5b = default, s6a = default, s6b = default, s7a = default, s7b = default;
        T s8a = default, s8b = default, s9a = default, s9b = default, s10a = default, s10b = default, s11a = default, s11b = default;
        nint row = a.Row, row2 = 2 * row, row3 = 3 * row, step = a.Column;
        for (var segment = 0; segment < a.Segments; segment++)
        {
            var p0 = a.At + a.Starts[segment];
            var p4 = p0 + 4 * row;
            var p8 = p4 + 4 * row;
            for (var p = a.Length; p > 0; p--)
            {
                var ba = T.Load(b);
                var bb = T.Load(b + T.Count);
                var x = T.All(*p0); s0a = T.MultiplyAdd(x, ba, s0a); s0b = T.MultiplyAdd(x, bb, s0b);
                x = T.All(p0[row]); s1a = T.MultiplyAdd(x, ba, s1a); s1b = T.MultiplyAdd(x, bb, s1b);
                x = T.All(p0[row2]); s2a = T.MultiplyAdd(x, ba, s2a); s2b = T.MultiplyAdd(x, bb, s2b);
                x = T.All(p0[row3]); s3a = T.MultiplyAdd(x, ba, s3a); s3b = T.MultiplyAdd(x, bb, s3b);
                x = T.All(*p4); s4a = T.MultiplyAdd(x, ba, s4a); s4b = T.MultiplyAdd(x, bb, s4b);
                x = T.All(p4[row]); s5a = T.MultiplyAdd(x, ba, s5a); s5b = T.MultiplyAdd(x, bb, s5b);
                x = T.All(p4[row2]); s6a = T.MultiplyAdd(x, ba, s6a); s6b = T.MultiplyAdd(x, bb, s6b);
                x = T.All(p4[row3]); s7a = T.MultiplyAdd(x, ba, s7a); s7b = T.MultiplyAdd(x, bb, s7b);
                x = T.All(*p8); s8a = T.MultiplyAdd(x, ba, s8a); s8b = T.MultiplyAdd(x, bb, s8b);
                x = T.All(p8[row]); s9a = T.MultiplyAdd(x, ba, s9a); s9b = T.MultiplyAdd(x, bb, s9b);
                x = T.All(p8[row2]); s10a = T.MultiplyAdd(x, ba, s10a); s10b = T.MultiplyAdd(x, bb, s10b);
                x = T.All(p8[row3]); s11a = T.MultiplyAdd(x, ba, s11a); s11b = T.MultiplyAdd(x, bb, s11b);
                p0 += step;
                p4 += step;
                p8 += step;
                b += 2 * T.Count;
            }
        }
        Put(s0a, c, add);
        Put(s0b, c + T.Count, add);
        Put(s1a, c + rowOfC, add);
        Put(s1b, c + rowOfC + T.Count, add);
        Put(s2a, c + 2 * rowOfC, add);
        Put(s2b, c + 2 * rowOfC + T.Count, add);
        Put(s3a, c + 3 * rowOfC, add);
        Put(s3b, c + 3 * rowOfC + T.Count, add);
        Put(s4a, c + 4 * rowOfC, add);
        Put(s4b, c + 4 * rowOfC + T.Count, add);
        Put(s5a, c + 5 * rowOfC, add);
        Put(s5b, c + 5 * rowOfC + T.Count, add);
        Put(s6a, c + 6 * rowOfC, add);
        Put(s6b, c + 6 * rowOfC + T.Count, add);
        Put(s7a, c + 7 * rowOfC, add);
        Put(s7b, c + 7 * rowOfC + T.Count, add);
        Put(s8a, c + 8 * rowOfC, add);
        Put(s8b, c + 8 * rowOfC + T.Count, add);
        Put(s9a, c + 9 * rowOfC, add);
        Put(s9b, c + 9 * rowOfC + T.Count, add);
        Put(s10a, c + 10 * rowOfC, add);
        Put(s10b, c + 10 * rowOfC + T.Count, add);
        Put(s11a, c + 11 * rowOfC, add);
        Put(s11b, c + 11 * rowOfC + T.Count, add);
    }

    private static void Twelve1<T>(in Left a, float* b, float* c, int rowOfC, bool add) where T : struct, ILanes<T>
    {
        T s0a = default, s1a = default, s2a = default, s3a = default;
        T s4a = default, s5a = default, s6a = default, s7a = default;
        T s8a = default, s9a = default, s10a = default, s11a = default;
        nint row = a.Row, row2 = 2 * row, row3 = 3 * row, step = a.Column;
        for (var segment = 0; segment < a.Segments; segment++)
        {
            var p0 = a.At + a.Starts[segment];
            var p4 = p0 + 4 * row;
            var p8 = p4 + 4 * row;
            for (var p = a.Length; p > 0; p--)
            {
                var ba = T.Load(b);
                var x = T.All(*p0); s0a = T.MultiplyAdd(x, ba, s0a);
                x = T.All(p0[row]); s1a = T.MultiplyAdd(x, ba, s1a);
                x = T.All(p0[row2]); s2a = T.MultiplyAdd(x, ba, s2a);
                x = T.All(p0[row3]); s3a = T.MultiplyAdd(x, ba, s3a);
                x = T.All(*p4); s4a = T.MultiplyAdd(x, ba, s4a);
                x = T.All(p4[row]); s5a = T.MultiplyAdd(x, ba, s5a);
                x = T.All(p4[row2]); s6a = T.MultiplyAdd(x, ba, s6a);
                x = T.All(p4[row3]); s7a = T.MultiplyAdd(x, ba, s7a);
                x = T.All(*p8); s8a = T.MultiplyAdd(x, ba, s8a);
                x = T.All(p8[row]); s9a = T.MultiplyAdd(x, ba, s9a);
                x = T.All(p8[row2]); s10a = T.MultiplyAdd(x, ba, s10a);
                x = T.All(p8[row3]); s11a = T.MultiplyAdd(x, ba, s11a);
                p0 += step;
                p4 += step;
                p8 += step;
                b += T.Count;
            }
        }
        Put(s0a, c, add);
        Put(s1a, c + rowOfC, add);
        Put(s2a, c + 2 * rowOfC, add);
        Put(s3a, c + 3 * rowOfC, add);
        Put(s4a, c + 4 * rowOfC, add);
        Put(s5a, c + 5 * rowOfC, add);
        Put(s6a, c + 6 * rowOfC, add);
        Put(s7a, c + 7 * rowOfC, add);
        Put(s8a, c + 8 * rowOfC, add);
        Put(s9a, c + 9 * rowOfC, add);
        Put(s10a, c + 10 * rowOfC, add);
        Put(s11a, c + 11 * rowOfC, add);
    }

    private static void Four2<T>(in Left a, float* b, float* c, int rowOfC, bool add) where T : struct, ILanes<T>
    {
        T s0a = default, s0b = default, s1a = default, s1b = default, s2a = default, s2b = default, s3a = default, s3b = default;
        nint row = a.Row, row2 = 2 * row, row3 = 3 * row, step = a.Column;
        for (var segment = 0; segment < a.Segments; segment++)
        {
            var p0 = a.At + a.Starts[segment];
            for (var p = a.Length; p > 0; p--)
            {
                var ba = T.Load(b);
                var bb = T.Load(b + T.Count);
                var x = T.All(*p0); s0a = T.MultiplyAdd(x, ba, s0a); s0b = T.MultiplyAdd(x, bb, s0b);
                x = T.All(p0[row]); s1a = T.MultiplyAdd(x, ba, s1a); s1b = T.MultiplyAdd(x, bb, s1b);
                x = T.All(p0[row2]); s2a = T.MultiplyAdd(x, ba, s2a); s2b = T.MultiplyAdd(x, bb, s2b);
                x = T.All(p0[row3]); s3a = T.MultiplyAdd(x, ba, s3a); s3b = T.MultiplyAdd(x, bb, s3b);
                p0 += step;
                b += 2 * T.Count;
            }
        }
        Put(s0a, c, add);
        Put(s0b, c + T.Count, add);
        Put(s1a, c + rowOfC, add);
        Put(s1b, c + rowOfC + T.Count, add);
        Put(s2a, c + 2 * rowOfC, add);
        Put(s2b, c + 2 * rowOfC + T.Count, add);
        Put(s3a, c + 3 * rowOfC, add);
        Put(s3b, c + 3 * rowOfC + T.Count, add);
    }

    private static void Four1<T>(in Left a, float* b, float* c, int rowOfC, bool add) where T : struct, ILanes<T>
    {
        T s0a = default, s1a = default, s2a = default, s3a = default;
        nint row = a.Row, row2 = 2 * row, row3 = 3 * row, step = a.Column;
        for (var segment = 0; segment < a.Segments; segment++)
        {
            var p0 = a.At + a.Starts[segment];
            for (var p = a.Length; p > 0; p--)
            {
                var ba = T.Load(b);
                var x = T.All(*p0); s0a = T.MultiplyAdd(x, ba, s0a);
                x = T.All(p0[row]); s1a = T.MultiplyAdd(x, ba, s1a);
                x = T.All(p0[row2]); s2a = T.MultiplyAdd(x, ba, s2a);
                x = T.All(p0[row3]); s3a = T.MultiplyAdd(x, ba, s3a);
                p0 += step;
                b += T.Count;
            }
        }
        Put(s0a, c, add);
        Put(s1a, c + rowOfC, add);
        Put(s2a, c + 2 * rowOfC, add);
        Put(s3a, c + 3 * rowOfC, add);
    }

    private static void One2<T>(in Left a, float* b, float* c, bool add) where T : struct, ILanes<T>
    {
        T s0a = default, s0b = default;
        nint step = a.Column;
        for (var segment = 0; segment < a.Segments; segment++)
        {
            var p0 = a.At + a.Starts[segment];
            for (var p = a.Length; p > 0; p--)
            {
                var ba = T.Load(b);
                var bb = T.Load(b + T.Count);
                var x = T.All(*p0); s0a = T.MultiplyAdd(x, ba, s0a); s0b = T.MultiplyAdd(x, bb, s0b);
                p0 += step;
                b += 2 * T.Count;
            }
        }
        Put(s0a, c, add);
        Put(s0b, c + T.Count, add);
    }

    private static void One1<T>(in Left a, float* b, float* c, bool add) where T : struct, ILanes<T>
    {
        T s0a = default;
        nint step = a.Column;
        for (var segment = 0; segment < a.Segments; segment++)
        {
            var p0 = a.At + a.Starts[segment];
            for (var p = a.Length; p > 0; p--)
            {
                var ba = T.Load(b);
                var x = T.All(*p0); s0a = T.MultiplyAdd(x, ba, s0a);
                p0 += step;
                b += T.Count;
            }
        }
        Put(s0a, c, add);
    }
}
