# Prints the golden files of this folder that come from R: Rscript goldens.R <folder>
#
# Debian 12 has R 4.2.2 and all packages but three (apt-get install r-cran-bradleyterry2 r-cran-psych r-cran-vcd r-cran-hmisc r-cran-sandwich
# r-cran-clubsandwich r-cran-multcomp r-cran-mvtnorm r-cran-jsonlite); irr 0.84.1, irrCAC 1.0 and PropCIs 0.3-0 are CRAN's. Tests read the files and need no R.
suppressMessages({
  library(BradleyTerry2); library(psych); library(vcd); library(irr); library(irrCAC); library(Hmisc)
  library(sandwich); library(clubSandwich); library(multcomp); library(mvtnorm); library(PropCIs); library(jsonlite)
})
folder <- commandArgs(TRUE)[1]
v <- function(package) paste(package, packageVersion(package))
case <- function(id, method, input, params, expected, source, ...)
  list(id = id, method = method, input = input, params = params, expected = expected, source = source, ...)
write_golden <- function(file, cases, tolerance = list(rel = 1e-10, abs = 1e-13)) {
  one <- function(x) toJSON(x, digits = I(17), auto_unbox = TRUE, na = "null", null = "list")
  head <- sprintf('{"file":"%s","generator":"goldens.R; %s","defaultTol":%s,"cases":[\n', file, R.version.string, one(tolerance))
  cat(head, paste(sapply(cases, one), collapse = ",\n"), "\n]}\n", sep = "", file = file.path(folder, paste0(file, ".json")))
}
level <- list(confLevel = 0.95)

# ---- Bradley and Terry -------------------------------------------------------------------------------------------------
bt <- function(id, data, source, clusters = NULL) { # data: a, b, winsA, winsB; all differences from the first name
  names <- sort(unique(c(data$a, data$b)))
  data$A <- data.frame(id = factor(data$a, names)); data$B <- data.frame(id = factor(data$b, names))
  fit <- BTm(cbind(winsA, winsB), A, B, formula = ~ id, id = "id", data = data, br = FALSE, epsilon = 1e-14, maxit = 100)
  keep <- rowSums(data[c("winsA", "winsB")]) > 0
  x <- sapply(names[-1], function(n) (data$a == n) - (data$b == n))[keep, , drop = FALSE]
  counts <- as.matrix(data[keep, c("winsA", "winsB")])
  plain <- glm(counts ~ x - 1, family = binomial, epsilon = 1e-14, maxit = 100)
  stopifnot(max(abs(unname(coef(plain)) - unname(BTabilities(fit)[-1, "ability"]))) < 1e-9)
  covariance <- vcov(fit); critical <- qnorm(0.975)
  if (!is.null(clusters)) {
    covariance <- vcovCL(plain, cluster = data[[clusters]][keep], type = "HC0", cadj = TRUE)
    critical <- qt(0.975, length(unique(data[[clusters]])) - 1)
  }
  full <- rbind(0, cbind(0, covariance)); n <- length(names); centre <- diag(n) - 1 / n
  ability <- unname(c(0, coef(fit))); se <- unname(sqrt(diag(full)))[-1]
  input <- c(as.list(data[c("a", "b", "winsA", "winsB")]), if (!is.null(clusters)) list(cluster = data[[clusters]]))
  case(id, "bradley_terry", input, level, list(
    difference = ability[-1], se = se, lower = ability[-1] - critical * se, upper = ability[-1] + critical * se,
    strength = as.vector(centre %*% ability), strengthSe = sqrt(diag(centre %*% full %*% centre))), source)
}
as_text <- function(data) data.frame(lapply(data, function(x) if (is.factor(x)) as.character(x) else x))
data(baseball, package = "BradleyTerry2"); data(citations, package = "BradleyTerry2"); data(icehockey, package = "BradleyTerry2")
games <- as_text(setNames(baseball, c("a", "b", "winsA", "winsB"))); games$home <- games$a
cited <- as_text(setNames(countsToBinomial(citations), c("a", "b", "winsA", "winsB")))
east <- droplevels(subset(icehockey, conference == "HE"))
hockey <- as_text(data.frame(a = east$visitor, b = east$opponent, winsA = east$result, winsB = 1 - east$result))
hockey <- aggregate(cbind(winsA, winsB) ~ a + b, hockey, sum)
write_golden("bradley_terry", list(
  bt("baseball", games, paste(v("BradleyTerry2"), "BTm(cbind(winsA, winsB), a, b), data baseball (Agresti 2002, table 10.10); BTabilities, confint.default")),
  bt("citations", cited, paste(v("BradleyTerry2"), "BTm(cbind(win1, win2), player1, player2), countsToBinomial(citations) (Stigler 1994)")),
  bt("icehockey", hockey, paste(v("BradleyTerry2"), "BTm(result, visitor, opponent), data icehockey (games of Hockey East, 2009-10, ties one half)")),
  bt("baseball-clustered", games, paste(v("sandwich"), "vcovCL(glm, cluster = home, type = 'HC0', cadj = TRUE), qt(0.975, 6)"), "home")
), list(rel = 1e-8, abs = 1e-9))

# ---- Agreement ---------------------------------------------------------------------------------------------------------
columns <- function(x) lapply(seq_len(ncol(x)), function(j) x[, j])
# psych's variance of a weighted kappa is not Fleiss, Cohen and Everitt's; vcd's is
cohen <- function(id, a, b, source) {
  levels <- sort(unique(c(a, b))); table <- table(factor(a, levels), factor(b, levels)); k <- length(levels)
  own <- list(none = psych::cohen.kappa(cbind(a, b))$kappa)
  linear <- vcd::Kappa(table, "Equal-Spacing"); quadratic <- vcd::Kappa(table, "Fleiss-Cohen")
  stopifnot(abs(own$none - linear$Unweighted["value"]) < 1e-12, abs(kappa2(cbind(a, b), "equal")$value - linear$Weighted["value"]) < 1e-12,
    abs(kappa2(cbind(a, b), "squared")$value - quadratic$Weighted["value"]) < 1e-12)
  of <- function(x) list(estimate = unname(x["value"]), se = unname(x["ASE"]))
  case(id, "cohen_kappa", list(a = a, b = b), level,
    list(none = of(linear$Unweighted), linear = of(linear$Weighted), quadratic = of(quadratic$Weighted)), source)
}
data(anxiety, package = "irr"); data(diagnoses, package = "irr"); data(video, package = "irr")
sexual <- data.frame(a = rep(1:4, c(19, 20, 19, 33)), # Agresti 2002, table 10.5: husbands and wives
  b = c(rep(1:4, c(7, 7, 2, 3)), rep(1:4, c(2, 8, 3, 7)), rep(1:4, c(1, 5, 4, 9)), rep(1:4, c(2, 8, 9, 14))))
a30 <- c(1, 1, 1, 2, 2, 3, 3, 3, 3, 2, 1, 1, 2, 3, 3, 1, 2, 2, 1, 3, 2, 1, 3, 3, 2, 1, 1, 2, 3, 1)
b30 <- c(1, 1, 2, 2, 2, 3, 3, 2, 3, 2, 1, 1, 2, 3, 1, 1, 2, 3, 1, 3, 2, 1, 3, 3, 1, 1, 2, 2, 3, 1)
kappas <- paste0(v("vcd"), " Kappa(table, 'Equal-Spacing' and 'Fleiss-Cohen'), value and ASE; estimates equal to ", v("psych"), " cohen.kappa and ", v("irr"), " kappa2")

# irrCAC rounds its answers to five digits; here it does not
unrounded <- function(f) { environment(f) <- list2env(list(round = function(x, ...) x), parent = asNamespace("irrCAC")); f }
# rows are units, columns raters
many <- function(id, ratings, source) {
  ratings <- as.matrix(ratings)
  gwet <- function(f) { x <- unrounded(f)(ratings)$est; list(estimate = x$coeff.val, se = x$coeff.se) }
  expected <- list(fleiss = gwet(fleiss.kappa.raw), ac1 = gwet(gwet.ac1.raw))
  if (!anyNA(ratings)) stopifnot(abs(kappam.fleiss(ratings, exact = FALSE)$value - expected$fleiss$estimate) < 1e-12)
  kinds <- c("nominal", "ordinal", "interval", "ratio")
  # where nothing is missing, kripp.alpha divides by 1 and not by the raters less one, which is right for two alone: a unit of no ratings helps it
  expected$alpha <- setNames(lapply(kinds, function(kind) kripp.alpha(cbind(t(ratings), NA), kind)$value), kinds)
  case(id, "agreement_of_many", list(ratings = unname(ratings)), level, expected, source)
}
four <- rbind( # Krippendorff 2011, section C
  c(1, 2, 3, 3, 2, 1, 4, 1, 2, NA, NA, NA), c(1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NA, 3),
  c(NA, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NA), c(1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NA))
counts <- rbind(c(0, 0, 0, 0, 14), c(0, 2, 6, 4, 2), c(0, 0, 3, 5, 6), c(0, 3, 9, 2, 0), c(2, 2, 8, 1, 1), c(7, 7, 0, 0, 0),
  c(3, 2, 6, 3, 0), c(2, 5, 3, 2, 2), c(6, 5, 2, 1, 0), c(0, 2, 2, 3, 7))
psychiatrists <- t(apply(counts, 1, function(n) rep(1:5, n)))
several <- paste0(v("irrCAC"), " fleiss.kappa.raw and gwet.ac1.raw, unrounded; ", v("irr"), " kripp.alpha, with a unit of no ratings; kappam.fleiss where none is missing")

judge <- function(id, tp, fp, tn, fn) {
  # plain Wilson is prop.test's; that of Hmisc's binconf is Brown, Cai and DasGupta's modified one at 1 and n - 1, but equal elsewhere
  wilson <- function(x, n) as.vector(prop.test(x, n, correct = FALSE)$conf.int)
  for (pair in list(c(tp, tp + fn), c(tn, tn + fp))) if (!(pair[1] %in% c(1, pair[2] - 1)))
    stopifnot(max(abs(wilson(pair[1], pair[2]) - binconf(pair[1], pair[2], method = "wilson")[2:3])) < 1e-9)
  both <- function(x, n) list(estimate = x / n, wilson = wilson(x, n), exact = as.vector(binom.test(x, n)$conf.int))
  case(id, "judge_confusion", list(tp = tp, fp = fp, tn = tn, fn = fn), level,
    list(sensitivity = both(tp, tp + fn), specificity = both(tn, tn + fp), precision = both(tp, tp + fp), accuracy = both(tp + tn, tp + fp + tn + fn)),
    "stats::prop.test(x, n, correct = FALSE), stats::binom.test(x, n)")
}
modified <- function(x, n) case(sprintf("modified-wilson-%d-of-%d", x, n), "modified_wilson", list(x = x, n = n), level,
  list(interval = unname(binconf(x, n, method = "wilson")[1, 2:3])), paste(v("Hmisc"), "binconf(x, n, method = 'wilson')"))
write_golden("agreement", list(
  cohen("thirty", a30, b30, kappas),
  cohen("husbands-and-wives", sexual$a, sexual$b, paste0(kappas, "; Agresti 2002, table 10.5")),
  cohen("anxiety", anxiety$rater1, anxiety$rater3, paste0(kappas, "; data anxiety of irr, raters 1 and 3")),
  cohen("yes-and-no", rep(c(1, 1, 0, 0), c(40, 9, 6, 45)), rep(c(1, 0, 1, 0), c(40, 9, 6, 45)), kappas),
  many("four-raters", t(four), several),
  many("two-of-four", t(four[2:3, ]), several),
  many("psychiatrists", psychiatrists, paste0(several, "; Fleiss 1971 as ten subjects and fourteen raters")),
  many("diagnoses", matrix(as.integer(unlist(diagnoses)), ncol = 6), paste0(several, "; data diagnoses of irr")),
  many("video", video, paste0(several, "; data video of irr")),
  judge("fifty-and-three", 45, 1, 2, 5), judge("all-right", 20, 0, 12, 0), judge("a-poor-judge", 33, 21, 27, 19), judge("large", 4811, 97, 2203, 189),
  modified(1, 8), modified(7, 8), modified(0, 8), modified(4, 8), modified(1, 300), modified(299, 300)
))

# ---- What no golden file had from R yet ---------------------------------------------------------------------------------
blood <- list(c(7.4, 8.5, 7.2, 8.24, 9.84, 8.32), c(9.76, 8.8, 7.68, 9.36), c(12.8, 9.68, 12.16, 9.2, 10.55))
dunnett_case <- function(id, groups, source) {
  data <- data.frame(y = unlist(groups), g = factor(rep(seq_along(groups), lengths(groups))))
  set.seed(1)
  fit <- glht(aov(y ~ g, data), mcp(g = "Dunnett")); corr <- cov2cor(vcov(fit)); t <- unname(coef(fit) / sqrt(diag(vcov(fit))))
  # of two comparisons exactly, from orthants (Genz 2004); of more by lattices, to 1e-6
  inside <- function(x) {
    orthant <- function(a, b) pmvt(rep(-Inf, 2), c(a, b), df = fit$df, corr = corr, algorithm = TVPACK(abseps = 1e-14))
    if (length(t) == 2) orthant(x, x) - orthant(-x, x) - orthant(x, -x) + orthant(-x, -x)
    else pmvt(rep(-x, length(t)), rep(x, length(t)), df = fit$df, corr = corr, algorithm = GenzBretz(maxpts = 2e6, abseps = 1e-7))
  }
  p <- sapply(abs(t), function(x) 1 - inside(x))
  case(id, "dunnett", list(groups = groups), level, list(t = t, p = as.vector(p)), source,
    tol = if (length(groups) == 3) list(rel = 1e-8, abs = 1e-10) else list(abs = 2e-6))
}
write_golden("dunnett", list(
  dunnett_case("dunnett-blood-count", blood, paste(v("mvtnorm"), "pmvt(algorithm = TVPACK()) of", v("multcomp"), "glht(aov, mcp(g = 'Dunnett')); Dunnett 1955, table 1")),
  dunnett_case("dunnett-warpbreaks", unname(split(warpbreaks$breaks, paste(warpbreaks$tension))), paste(v("mvtnorm"), "as above; R's warpbreaks by tension")),
  dunnett_case("dunnett-insect-sprays", unname(split(InsectSprays$count, InsectSprays$spray)), paste(v("mvtnorm"), "pmvt(algorithm = GenzBretz(maxpts = 2e6)) of", v("multcomp"), "glht; R's InsectSprays"))
))

robust <- function(id, y, g) {
  fit <- lm(y ~ 1); test <- coef_test(fit, vcov = "CR2", cluster = g, test = "Satterthwaite")
  case(id, "robust_mean", list(values = y, clusters = g), structure(list(), names = character()),
    list(mean = unname(coef(fit)), se = test$SE, df = if (!is.null(test$df_Satt)) test$df_Satt else test$df),
    paste(v("clubSandwich"), "coef_test(lm(y ~ 1), vcov = 'CR2', cluster = g)"))
}
write_golden("robust_mean", list(
  robust("chicks-by-diet", ChickWeight$weight[ChickWeight$Time == 21], as.character(ChickWeight$Diet[ChickWeight$Time == 21])),
  robust("warpbreaks-by-tension", warpbreaks$breaks, as.character(warpbreaks$tension)),
  robust("iris-unequal", iris$Petal.Length[1:70], as.character(c(rep(1:3, c(40, 5, 5)), rep(4:9, c(2, 3, 4, 1, 5, 5))))),
  robust("cars-by-cylinders", mtcars$mpg, as.character(mtcars$cyl))
), list(rel = 1e-9, abs = 1e-12))

tango <- function(b, c, n) case(sprintf("tango-%d-%d-%d", b, c, n), "paired_risk_difference",
  list(table = list(c(n - b - c, b), c(c, 0))), level,
  list(estimate = (b - c) / n, tango = rev(-as.vector(scoreci.mp(b, c, n, 0.95)$conf.int))), paste(v("PropCIs"), "scoreci.mp(b, c, n, 0.95), turned round"), tol = list(abs = 2e-6))
fagerland <- case("airway", "paired_risk_difference", list(table = list(c(1, 1), c(7, 12))), level,
  list(estimate = -0.286, newcombe = c(-0.507, -0.026), tango = c(-0.517, -0.026)),
  "Fagerland, Lydersen & Laake, Statistics in Medicine 33 (2014) 2850, airway hyper-responsiveness", tol = list(abs = 5e-4))
write_golden("paired_difference", list(fagerland, tango(1, 7, 21), tango(12, 5, 100), tango(0, 6, 40), tango(31, 30, 469)))

t_tails <- function(t, df, delta) case(sprintf("nct-%g-%g-%g", t, df, delta), "noncentral_t", list(t = t, df = df, delta = delta), level,
  list(lower = pt(t, df, delta), upper = pt(t, df, delta, lower.tail = FALSE),
    interval = sapply(c(0.975, 0.025), function(p) uniroot(function(d) pt(t, df, d) - p, t + c(-8, 8) * sqrt(1 + t^2 / (2 * df)), tol = 1e-13)$root)),
  "stats::pt(t, df, ncp), uniroot for the interval", tol = list(rel = 1e-8, abs = 1e-10))
f_tail <- function(f, df1, df2, lambda) case(sprintf("ncf-%g-%g-%g-%g", f, df1, df2, lambda), "noncentral_f", list(f = f, df1 = df1, df2 = df2, lambda = lambda), level,
  list(cdf = pf(f, df1, df2, lambda),
    upper = uniroot(function(l) pf(f, df1, df2, l) - 0.025, c(0, 400), tol = 1e-12)$root), "stats::pf(f, df1, df2, ncp), uniroot", tol = list(rel = 1e-8, abs = 1e-10))
# McNemar's tests over every number of discordant items and every split; Fisher's over every table
mcnemar_power <- function(n, p10, p01, method) {
  total <- 0; share <- p10 / (p10 + p01)
  for (d in 0:n) {
    k <- 0:d; p <- pmin(1, 2 * pbinom(pmin(k, d - k), d, 0.5) - (method == "mid-p") * dbinom(k, d, 0.5))
    right <- if (p10 > p01) 2 * k > d else 2 * k < d # in the true direction
    total <- total + dbinom(d, n, p10 + p01) * sum(dbinom(k, d, share)[p < 0.05 & right])
  }
  case(sprintf("mcnemar-%d-%g-%g-%s", n, p10, p01, method), "mcnemar_power", list(n = n, p10 = p10, p01 = p01), list(method = method), list(power = total), "dbinom, pbinom: every outcome summed")
}
fisher_power <- function(n, p1, p2) {
  total <- 0
  for (x in 0:n) for (y in 0:n) {
    first <- if (p1 > p2) x > y else y > x
    if (first && fisher.test(cbind(c(x, n - x), c(y, n - y)))$p.value < 0.05) total <- total + dbinom(x, n, p1) * dbinom(y, n, p2)
  }
  case(sprintf("fisher-%d-%g-%g", n, p1, p2), "fisher_power", list(n = n, p1 = p1, p2 = p2), structure(list(), names = character()), list(power = total), "dbinom, fisher.test: every table summed")
}
two_sided <- function(id, x, y, low, high) {
  lower <- t.test(x, y, paired = TRUE, mu = low, alternative = "greater"); upper <- t.test(x, y, paired = TRUE, mu = high, alternative = "less")
  case(id, "tost_paired", list(x = x, y = y), list(low = low, high = high),
    list(p = max(lower$p.value, upper$p.value), ci90 = as.vector(t.test(x, y, paired = TRUE, conf.level = 0.9)$conf.int)), "stats::t.test(paired = TRUE), twice")
}
write_golden("others", list(
  t_tails(2.1, 18, 1.3), t_tails(-0.7, 4, 0.5), t_tails(6.2, 60, 4), t_tails(1.5, 2.5, -1),
  f_tail(3.4, 2, 27, 4), f_tail(0.8, 4, 12, 1), f_tail(9.7, 5, 66, 30),
  mcnemar_power(60, 0.3, 0.1, "exact"), mcnemar_power(60, 0.3, 0.1, "mid-p"), mcnemar_power(469, 0.1, 0.05, "exact"), mcnemar_power(120, 0.05, 0.2, "mid-p"),
  fisher_power(12, 0.2, 0.8), fisher_power(30, 0.5, 0.7), fisher_power(25, 0.05, 0.35),
  two_sided("sleep", sleep$extra[1:10], sleep$extra[11:20], -3, 1), two_sided("iris", iris$Sepal.Length[1:50], iris$Petal.Length[1:50], 3, 3.7)
), list(rel = 1e-9, abs = 1e-12))
