/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plays each scene of tests/scenes, and scenes that are wrong to see that the player says so. */
#include "scene.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static glob_t scenes;

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;
	ssize_t n;

	ck_assert_msg(f, "%s cannot be opened", path);
	n = getdelim(&text, &room, '\0', f);
	ck_assert_msg(n > 0, "%s is empty", path);
	fclose(f);
	return text;
}

START_TEST(scene)
{
	const char *path = scenes.gl_pathv[_i];
	char *text = read_file(path);
	const char *wrong = scene_play(path, text);

	ck_assert_msg(!wrong, "%s", wrong);
	free(text);
}
END_TEST

static const struct {
	const char *scene, *wrong;
} bad_scenes[] = {
	{ "", "x:0: nothing was judged" },
	{ "guest> arp request 10.0.2.15 > 10.0.2.2", "x:2: the last frame has no verdict" },
	{ "guest> arp request 10.0.2.15 > 10.0.2.2\nblock arp\n",
	  "x:2: expected \"block arp reply none\", got \"pass\"" },
	{ "guest> tcp 10.0.2.15:1 > 10.0.2.2:2 S\npass\n",
	  "x:2: expected \"pass\", got \"block tcp-new reply rst\"" },
	{ "guest> tcp 10.0.2.15:1 > 10.0.2.2:2 S\nblock tcp-new\n",
	  "x:2: expected \"block tcp-new reply none\", got \"block tcp-new reply rst\"" },
	{ "guest> arp request 10.0.2.15 > 10.0.2.2\npass\nleaves arp reply 10.0.2.15 > 10.0.2.2",
	  "x:3: what left has 42 bytes, not 42, and differs at byte 0" },
	{ "guest> arp request 10.0.2.15 > 10.0.2.2 pad 18\npass\n",
	  "x:2: expected \"pass\", got \"pass cut\"" },
	{ "pass", "x:1: no frame stands before this verdict" },
	{ "\n\nguest> tcp 10.0.2.15:1 > fd00::1 S", "x:3: fd00::1 is no address with a port" },
	{ "guest> udp 10.0.2.15:1 > 10.0.2.2:99999", "x:1: 99999 is no port" },
	{ "guest> tcp 10.0.2.15:1 > 10.0.2.2:2 X", "x:1: X are no TCP flags: letters of FSRPAUEC,"
						   " or none" },
	{ "guest> udp 10.0.2.15:1 > 10.0.2.2:2 data \"x", "x:1: a quote that does not end" },
	{ "guest> udp 10.0.2.15:1 > 10.0.2.2:2 hex 0", "x:1: 0 is not hexadecimal" },
	{ "guest> udp 10.0.2.15:1 > 10.0.2.2:2 @ip+900 00", "x:1: ip+900 is behind the frame's"
							    " end" },
	{ "guest> udp 10.0.2.15:1 > 10.0.2.2:2 nonsense", "x:1: nonsense is not understood here" },
	{ "guest> nonsense", "x:1: nonsense is no frame" },
	{ "nonsense", "x:1: nonsense begins no line" },
	{ "policy nonsense 1", "x:1: unknown word 'nonsense'" },
	{ "at 5s\nat 4s", "x:2: time does not go back" },
	{ "at 5", "x:1: 5 is no time: 20ms, 1.5s, 5m, 24h" },
};

START_TEST(wrong_scene_is_found_out)
{
	const char *wrong = scene_play("x", bad_scenes[_i].scene);

	ck_assert_ptr_nonnull(wrong);
	ck_assert_msg(strncmp(wrong, bad_scenes[_i].wrong, strlen(bad_scenes[_i].wrong)) == 0,
		      "said: %s", wrong);
}
END_TEST

static int find_scenes(void)
{
	const char *top = getenv("top_srcdir");
	char pattern[4096];

	snprintf(pattern, sizeof(pattern), "%s/tests/scenes/*.scene", top ? top : ".");
	if (glob(pattern, 0, NULL, &scenes) == 0)
		return (int)scenes.gl_pathc;
	fprintf(stderr, "there is no %s\n", pattern);
	return 0;
}

/* check_scenes: all of tests/scenes. check_scenes FILE...: these. */
int main(int argc, char **argv)
{
	Suite *s = suite_create("scenes");
	TCase *files = tcase_create("files"), *player = tcase_create("player");
	SRunner *runner = srunner_create(s);
	int count, failed;

	if (argc > 1)
		scenes = (glob_t){ .gl_pathc = (size_t)argc - 1, .gl_pathv = argv + 1 };
	count = argc > 1 ? argc - 1 : find_scenes();
	tcase_add_loop_test(files, scene, 0, count);
	tcase_add_loop_test(player, wrong_scene_is_found_out, 0,
			    sizeof(bad_scenes) / sizeof(bad_scenes[0]));
	suite_add_tcase(s, files);
	suite_add_tcase(s, player);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	if (argc <= 1 && count > 0)
		globfree(&scenes);
	return count > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
