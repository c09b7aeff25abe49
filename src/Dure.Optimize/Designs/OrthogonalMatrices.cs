namespace Dure.Optimize.Designs;

/// <summary>
/// Square matrices of -1, 0, 1 whose rows are at right angles: conference matrices (0 on the diagonal) and Hadamard matrices (no 0), from the squares of finite
/// fields (Paley 1933) and by doubling.
/// </summary>
internal static class OrthogonalMatrices
{
    /// <summary>A conference matrix; null where none is made here (such as 22 and 34, of which none exist).</summary>
    public static int[,]? Conference(int order)
    {
        if (order == 2)
            return new[,] { { 0, 1 }, { 1, 0 } };
        if (order % 2 == 1 || order < 2)
            return null;
        if (FiniteField.TryOf(order - 1) is { } field)
            return Bordered(field);
        return order % 4 == 0 && Conference(order / 2) is { } half && IsSkew(half) ? Doubled(half) : null;
    }

    /// <summary>A Hadamard matrix with a first column of 1; null where none is made here.</summary>
    public static int[,]? Hadamard(int order)
    {
        if (order is 1 or 2)
            return order == 1 ? new[,] { { 1 } } : new[,] { { 1, 1 }, { 1, -1 } };
        if (order < 4 || order % 4 != 0)
            return null;
        var made = FiniteField.TryOf(order - 1) is { } field ? PlusDiagonal(Bordered(field))
            : Hadamard(order / 2) is { } half ? Sylvester(half)
            : (order / 2 - 1) % 4 == 1 && Conference(order / 2) is { } symmetric ? PaleySecond(symmetric)
            : null;
        return made is null ? null : Normalised(made);
    }

    /// <summary>Paley's matrix of q + 1 rows: symmetric for q = 1, skew for q = 3 modulo 4.</summary>
    private static int[,] Bordered(FiniteField field)
    {
        var q = field.Size;
        var made = new int[q + 1, q + 1];
        for (var i = 0; i < q; i++)
        {
            (made[0, i + 1], made[i + 1, 0]) = (1, q % 4 == 1 ? 1 : -1);
            for (var j = 0; j < q; j++)
                made[i + 1, j + 1] = field.Character(field.Subtract(i, j));
        }
        return made;
    }

    /// <summary>[C, C+I; C-I, -C] of a skew C.</summary>
    private static int[,] Doubled(int[,] c) => Blocks(c.GetLength(0), (i, j, isDiagonal) => (c[i, j], c[i, j] + isDiagonal, c[i, j] - isDiagonal, -c[i, j]));

    private static int[,] Sylvester(int[,] h) => Blocks(h.GetLength(0), (i, j, _) => (h[i, j], h[i, j], h[i, j], -h[i, j]));

    /// <summary>[C+I, C-I; C-I, -C-I] of a symmetric C.</summary>
    private static int[,] PaleySecond(int[,] c) => Blocks(c.GetLength(0), (i, j, isDiagonal) => (c[i, j] + isDiagonal, c[i, j] - isDiagonal, c[i, j] - isDiagonal, -c[i, j] - isDiagonal));

    private static int[,] Blocks(int n, Func<int, int, int, (int, int, int, int)> entries)
    {
        var made = new int[2 * n, 2 * n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
                (made[i, j], made[i, j + n], made[i + n, j], made[i + n, j + n]) = entries(i, j, i == j ? 1 : 0);
        return made;
    }

    private static int[,] PlusDiagonal(int[,] skew)
    {
        for (var i = 0; i < skew.GetLength(0); i++)
            skew[i, i] = 1;
        return skew;
    }

    private static int[,] Normalised(int[,] h)
    {
        var n = h.GetLength(0);
        for (var i = 0; i < n; i++)
            for (var (j, sign) = (0, h[i, 0]); j < n; j++)
                h[i, j] *= sign;
        return h;
    }

    private static bool IsSkew(int[,] c) => c[0, 1] == -c[1, 0];
}

/// <summary>The field of a prime power of elements, numbered by their coefficients to the prime as base.</summary>
internal sealed class FiniteField
{
    private readonly int prime, degree;
    private readonly bool[] isSquare;

    private FiniteField(int prime, int degree, int size, int[] modulus)
    {
        (this.prime, this.degree, Size) = (prime, degree, size);
        isSquare = new bool[size];
        for (var x = 1; x < size; x++)
            isSquare[Multiply(x, x, modulus)] = true;
    }

    public int Size { get; }

    /// <summary>The field; null where the size is no power of an odd prime.</summary>
    public static FiniteField? TryOf(int size)
    {
        var prime = 3;
        while (prime * prime <= size && size % prime != 0)
            prime += 2;
        if (size % prime != 0)
            prime = size;
        var (degree, power) = (1, prime);
        for (; power < size; power *= prime)
            degree++;
        if (size < 3 || size % 2 == 0 || power != size)
            return null;
        return Enumerable.Range(0, size).Select(lower => Digits(lower, prime, degree)).Where(modulus => degree == 1 || IsIrreducible(modulus, prime))
            .Select(modulus => new FiniteField(prime, degree, size, modulus)).First();
    }

    /// <summary>1 for a square, -1 for another number, 0 for 0.</summary>
    public int Character(int x) => x == 0 ? 0 : isSquare[x] ? 1 : -1;

    public int Subtract(int a, int b)
    {
        var (difference, place) = (0, 1);
        for (var d = 0; d < degree; d++, place *= prime)
            difference += ((a / place % prime) - (b / place % prime) + prime) % prime * place;
        return difference;
    }

    private int Multiply(int a, int b, int[] modulus)
    {
        var (x, y, product) = (Digits(a, prime, degree), Digits(b, prime, degree), new int[2 * degree]);
        for (var i = 0; i < degree; i++)
            for (var j = 0; j < degree; j++)
                product[i + j] = (product[i + j] + x[i] * y[j]) % prime;
        // The leading power is replaced by what the modulus says it is: x^degree = -lower terms.
        for (var top = 2 * degree - 2; top >= degree; top--)
            for (var i = 0; i < degree; i++)
                product[top - degree + i] = ((product[top - degree + i] - product[top] * modulus[i]) % prime + prime) % prime;
        var number = 0;
        for (var i = degree - 1; i >= 0; i--)
            number = number * prime + product[i];
        return number;
    }

    /// <summary>Of degree 2 or 3 a polynomial without a root has no factor; of degree 4 pairs of quadratics are looked at, too.</summary>
    private static bool IsIrreducible(int[] lower, int prime)
    {
        for (var x = 0; x < prime; x++)
        {
            var value = 1;
            for (var i = lower.Length - 1; i >= 0; i--)
                value = (value * x + lower[i]) % prime;
            if (value == 0)
                return false;
        }
        return lower.Length <= 3 || lower.Length == 4 && !IsProductOfQuadratics(lower, prime);
    }

    private static bool IsProductOfQuadratics(int[] lower, int prime)
    {
        for (var pair = 0; pair < prime * prime * prime * prime; pair++)
            if (Digits(pair, prime, 4) is [var a, var b, var c, var d] // (x² + ax + b)(x² + cx + d)
                && (a + c) % prime == lower[3] && (b + d + a * c) % prime == lower[2] && (a * d + b * c) % prime == lower[1] && b * d % prime == lower[0])
                return true;
        return false;
    }

    private static int[] Digits(int number, int prime, int count)
    {
        var digits = new int[count];
        for (var i = 0; i < count; i++, number /= prime)
            digits[i] = number % prime;
        return digits;
    }
}
