using Dure.Learn.Neural;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Learn.Neural;

public sealed class GemmTests
{
    [Fact]
    public void A_product_is_what_its_definition_says() => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var (rows, inner, columns) = (random.Next(1, 40), random.Next(1, 60), random.Next(1, 80));
        var (turnLeft, turnRight, add) = (random.Next(2) == 0, random.Next(2) == 0, random.Next(2) == 0);
        var (a, b, c) = (MadeNetwork.Numbers(random, rows * inner), MadeNetwork.Numbers(random, inner * columns), MadeNetwork.Numbers(random, rows * columns));
        var found = (float[])c.Clone();
        Multiply(a, b, found, rows, inner, columns, turnLeft, turnRight, add);
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                var sum = add ? (double)c[i * columns + j] : 0;
                for (var p = 0; p < inner; p++)
                    sum += (double)(turnLeft ? a[p * rows + i] : a[i * inner + p]) * (turnRight ? b[j * inner + p] : b[p * columns + j]);
                Assert.Equal(sum, found[i * columns + j], 1e-5);
            }
        }
        return true;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_row_gives_the_same_bits_alone_and_among_others() => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var (rows, inner, columns) = (random.Next(1, 40), random.Next(1, 300), random.Next(1, 80));
        var (a, b) = (MadeNetwork.Numbers(random, rows * inner), MadeNetwork.Numbers(random, inner * columns));
        var (all, one) = (new float[rows * columns], new float[columns]);
        Multiply(a, b, all, rows, inner, columns);
        var row = random.Next(rows);
        Multiply(a[(row * inner)..((row + 1) * inner)], b, one, 1, inner, columns);
        return one.AsSpan().SequenceEqual(all.AsSpan(row * columns, columns));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_exponential_is_exact_to_the_last_digits()
    {
        for (var x = -86f; x < 88; x += 0.0371f)
        {
            var found = FloatMath.Exp(System.Runtime.Intrinsics.Vector256.Create(x))[0];
            Assert.InRange(found / Math.Exp(x), 1 - 3e-7, 1 + 3e-7);
        }
    }

    private static unsafe void Multiply(float[] a, float[] b, float[] c, int rows, int inner, int columns, bool turnLeft = false, bool turnRight = false, bool add = false)
    {
        var panels = turnRight ? new Panels().PackTurned(b, inner, inner, columns) : new Panels().Pack(b, columns, inner, columns);
        fixed (float* left = a, to = c)
            Gemm.Multiply(turnLeft ? Left.Turned(left, rows, inner) : Left.Rows(left, inner, inner), panels, to, columns, rows, add);
    }
}
