using System.Security.Cryptography;

namespace Dure.Learn.Federation;

/// <summary>
/// Parts a secret so that any so many parts give it back and fewer say nothing (Shamir 1979): each byte is the value at 0 of a polynomial with
/// random coefficients over the field of 256 elements (that of AES).
/// </summary>
internal static class SecretShares
{
    public const int MostHolders = 255;

    /// <returns>One part for each holder, numbered from 1.</returns>
    public static byte[][] Split(ReadOnlySpan<byte> secret, int holders, int needed)
    {
        var length = secret.Length;
        var parts = Enumerable.Range(0, holders).Select(_ => new byte[length]).ToArray();
        Span<byte> coefficients = stackalloc byte[needed];
        for (var i = 0; i < secret.Length; i++)
        {
            RandomNumberGenerator.Fill(coefficients);
            coefficients[0] = secret[i];
            for (var holder = 0; holder < holders; holder++)
            {
                byte value = 0;
                for (var power = needed - 1; power >= 0; power--)
                    value = (byte)(Times(value, (byte)(holder + 1)) ^ coefficients[power]);
                parts[holder][i] = value;
            }
        }
        CryptographicOperations.ZeroMemory(coefficients);
        return parts;
    }

    /// <summary>The secret from as many parts as are needed, by Lagrange's formula at 0.</summary>
    /// <param name="parts">Of different holders, numbered from 1.</param>
    public static byte[] Join(IReadOnlyList<(int Holder, byte[] Part)> parts)
    {
        var secret = new byte[parts[0].Part.Length];
        foreach (var (holder, part) in parts)
        {
            byte factor = 1;
            foreach (var (other, _) in parts)
                if (other != holder)
                    factor = Times(factor, Times((byte)other, Inverse((byte)(other ^ holder))));
            for (var i = 0; i < secret.Length; i++)
                secret[i] ^= Times(factor, part[i]);
        }
        return secret;
    }

    /// <summary>Multiplies modulo x^8 + x^4 + x^3 + x + 1, in the same time for all values.</summary>
    private static byte Times(byte a, byte b)
    {
        var (product, left) = (0, (int)a);
        for (var bit = 0; bit < 8; bit++)
        {
            product ^= -((b >> bit) & 1) & left;
            left = (left << 1) ^ (-(left >> 7) & 0x11B);
        }
        return (byte)product;
    }

    /// <summary>The 254th power: of an element that is not 0 its inverse.</summary>
    private static byte Inverse(byte a)
    {
        byte power = 1;
        for (var i = 0; i < 254; i++)
            power = Times(power, a);
        return power;
    }
}
