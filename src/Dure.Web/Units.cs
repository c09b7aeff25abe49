namespace Dure.Web;

/// <summary>UCUM codes as people write the units.</summary>
public static class Units
{
    /// <summary>How a unit is shown; nothing for plain numbers.</summary>
    public static string Shown(string ucum) => ucum switch
    {
        "1" => "",
        "Cel" => "°C",
        "[g]" => "g",
        "[degF]" => "°F",
        "Ohm" => "Ω",
        "um" => "µm",
        "[ppm]" => "ppm",
        "mg/m3" => "mg/m³",
        "%" => "%",
        _ => ucum,
    };
}
